/** What every driver must do, as one suite that each driver's own test runs against its simulator. */
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { Quality } from '@courtyard/protocols/contract'
import type { BusDriver, DriverDefinition, DriverDevice } from '../drivers/driver.ts'
import { testDriverContext } from './driver-context.ts'

export type ContractFault = 'silent' | 'reset' | 'garbage' | 'refusing'

export interface DriverHarness {
  readonly definition: DriverDefinition
  /** A bus whose devices answer; its requests time out after 300 ms. */
  bus(): unknown
  /** The same bus at an address where nobody listens. */
  busAt(port: number): unknown
  /** Default stream. Over datagrams nobody's absence is told: it is silence, and there is no connection to break. */
  readonly transport?: 'stream' | 'datagram'
  /** At least two devices of the bus; over datagrams those of `busAt` when a port is given. */
  devices(port?: number): readonly DriverDevice<unknown>[]
  /** How long after `stop` a library may still close what it has open; 50 by default. */
  readonly closesWithinMs?: number
  /** A polling group that both devices have. */
  readonly group: string
  setFault(deviceKey: string, fault: ContractFault | null): Promise<void>
  readonly badBuses: readonly unknown[]
  readonly badAddresses: readonly unknown[]
}

const TIMEOUT_MS = 300

export function describeDriverContract(name: string, harness: DriverHarness): void {
  describe(`driver contract: ${name}`, () => {
    const started: BusDriver[] = []
    const isDatagram = harness.transport === 'datagram'
    const create = (bus: unknown = harness.bus(), port?: number): BusDriver => {
      const driver = harness.definition.create(testDriverContext(bus), harness.devices(port))
      started.push(driver)
      return driver
    }
    const device = (index: number) => harness.devices()[index]!.key
    const pointsOf = (index: number) =>
      harness.devices()[index]!.profile.points.filter((point) => point.group === harness.group)

    afterEach(async () => {
      for (const driver of started.splice(0)) await driver.stop()
      for (const { key } of harness.devices()) await harness.setFault(key, null)
    })

    test('reads every point of a group, with quality, scale and the time of the reply', async () => {
      const driver = create()
      const before = Date.now()
      const outcome = await driver.poll(device(0), harness.group)
      expect(outcome).toMatchObject({ failure: null, message: null })
      expect(outcome.latencyMs).toBeGreaterThan(0)
      expect(driver.connected).toBe(true)
      const points = pointsOf(0)
      expect(outcome.readings.map((reading) => reading.point).sort()).toEqual(
        points.map((point) => `${device(0)}/${point.key}`).sort(),
      )
      for (const reading of outcome.readings) {
        const point = points.find(({ key }) => reading.point === `${device(0)}/${key}`)!
        expect(reading).toMatchObject({ quality: Quality.good, scale: point.scale })
        expect(Number.isSafeInteger(reading.mantissa)).toBe(true)
        expect(reading.atMs).toBeGreaterThanOrEqual(before)
        expect(reading.atMs).toBeLessThanOrEqual(Date.now())
      }
    })

    const faults = [
      ['silent', Quality.timeout],
      ['garbage', Quality.invalid],
      ['reset', Quality.disconnected],
    ] as const
    test.each(faults.filter(([fault]) => !isDatagram || fault !== 'reset'))(
      'a %s device: one reading without value per point, the others go on, and it comes back',
      async (fault, quality) => {
        const driver = create()
        await driver.poll(device(0), harness.group)
        await harness.setFault(device(0), fault)
        const startedMs = performance.now()
        const failed = await driver.poll(device(0), harness.group)
        expect(performance.now() - startedMs).toBeLessThan(TIMEOUT_MS * 2)
        expect(failed.failure?.quality).toBe(quality)
        expect(failed.message).toBeTruthy()
        expect(failed.readings).toHaveLength(pointsOf(0).length)
        for (const reading of failed.readings) expect(reading).toMatchObject({ mantissa: null, quality })
        expect((await driver.poll(device(1), harness.group)).failure).toBeNull()
        expect((await driver.probe(device(0))).failure?.quality).toBe(quality)
        await harness.setFault(device(0), null)
        expect((await driver.probe(device(0))).failure).toBeNull()
        const again = await driver.poll(device(0), harness.group)
        expect(again.readings.every((reading) => reading.quality === Quality.good)).toBe(true)
      },
    )

    test('a device that refuses everything is refused readings, not a lost plan', async () => {
      const driver = create()
      await harness.setFault(device(0), 'refusing')
      for (let round = 0; round < 2; round++) {
        const outcome = await driver.poll(device(0), harness.group)
        expect(outcome.failure).toBeNull()
        expect(outcome.readings).toHaveLength(pointsOf(0).length)
        for (const reading of outcome.readings)
          expect(reading).toMatchObject({ mantissa: null, quality: Quality.refused })
      }
      await harness.setFault(device(0), null)
      const again = await driver.poll(device(0), harness.group)
      expect(again.readings.map((reading) => reading.quality)).toEqual(pointsOf(0).map(() => Quality.good))
    })

    test.runIf(isDatagram)('with nobody there it times out, again and again', async () => {
      const silent = createSocket('udp4')
      await new Promise<void>((resolve) => silent.bind(0, '127.0.0.1', resolve))
      let asked = 0
      silent.on('message', () => (asked += 1))
      const { port } = silent.address()
      const driver = create(harness.busAt(port), port)
      for (let round = 0; round < 2; round++) {
        const outcome = await driver.poll(device(0), harness.group)
        expect(outcome.failure?.quality).toBe(Quality.timeout)
      }
      expect(driver.connected).toBe(false)
      expect(asked).toBeGreaterThanOrEqual(2)
      await new Promise<void>((resolve) => silent.close(resolve))
      expect((await driver.poll(device(0), harness.group)).failure?.quality).toBe(Quality.timeout)
    })

    test.skipIf(isDatagram)(
      'with nobody there it fails at once, again and again, and connects when somebody comes',
      async () => {
        const probe = createServer()
        await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
        const { port } = probe.address() as AddressInfo
        await new Promise((resolve) => probe.close(resolve))
        const driver = create(harness.busAt(port))
        for (let round = 0; round < 3; round++) {
          const outcome = await driver.poll(device(0), harness.group)
          expect(outcome.failure?.quality).toBe(Quality.disconnected)
        }
        expect(driver.connected).toBe(false)
        let accepted = 0
        const listener = createServer((socket) => {
          accepted += 1
          socket.destroy()
        })
        await new Promise<void>((resolve) => listener.listen(port, '127.0.0.1', resolve))
        await expect
          .poll(async () => (await driver.probe(device(0)), accepted), { timeout: 3_000 })
          .toBeGreaterThan(0)
        await new Promise((resolve) => listener.close(resolve))
      },
    )

    test('readings without values cover every point of the device', () => {
      const empty = create().emptyReadings(device(0), Quality.timeout)
      expect(empty).toHaveLength(harness.devices()[0]!.profile.points.length)
      for (const reading of empty) expect(reading).toMatchObject({ mantissa: null, quality: Quality.timeout })
    })

    test('stop ends a request under way and leaves no socket or timer', async () => {
      await new Promise((resolve) => setTimeout(resolve, 50))
      const before = openResources()
      const driver = create()
      await driver.poll(device(0), harness.group)
      await harness.setFault(device(0), 'silent')
      const beforeStop = performance.now()
      const pending = driver.poll(device(0), harness.group)
      await driver.stop()
      expect((await pending).failure?.quality).toBe(Quality.disconnected)
      expect(performance.now() - beforeStop).toBeLessThan(TIMEOUT_MS)
      expect((await driver.poll(device(0), harness.group)).failure?.quality).toBe(Quality.disconnected)
      await new Promise((resolve) => setTimeout(resolve, harness.closesWithinMs ?? 50))
      expect(openResources().sockets).toBe(before.sockets)
      expect(openResources().timers).toBeLessThanOrEqual(before.timers)
    })

    test('refuses bad configuration', () => {
      for (const bus of harness.badBuses) {
        expect(harness.definition.busSchema.safeParse(bus), JSON.stringify(bus)).toMatchObject({
          success: false,
        })
      }
      for (const address of harness.badAddresses) {
        expect(harness.definition.addressSchema.safeParse(address), JSON.stringify(address)).toMatchObject({
          success: false,
        })
      }
      const [first, second] = harness.devices()
      const { deviceIdentity } = harness.definition
      expect(deviceIdentity(first!.address)).not.toBe(deviceIdentity(second!.address))
    })
  })
}

/** Sockets and timers of this process; those of the test's own HTTP connections don't change meanwhile. */
function openResources(): { sockets: number; timers: number } {
  const kinds = process.getActiveResourcesInfo()
  return {
    sockets: kinds.filter((kind) => kind === 'TCPSocketWrap' || kind === 'UDPWrap').length,
    timers: kinds.filter((kind) => kind === 'Timeout').length,
  }
}
