/** What every driver must do, as one suite that each driver's own test runs against its simulator. */
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { Quality } from '@courtyard/protocols/contract'
import type { BusDriver } from '../drivers/driver.ts'
import type { ContractKit, DriverHarness, StartedDriver } from './contract-kit.ts'
import { testDriverContext } from './driver-context.ts'
import { describePolled } from './polled-contract.ts'
import { describePublished } from './published-contract.ts'

export type { ContractFault, DriverHarness } from './contract-kit.ts'

export function describeDriverContract(name: string, harness: DriverHarness): void {
  describe(`driver contract: ${name}`, () => {
    const started: BusDriver[] = []
    const isDatagram = harness.transport === 'datagram'
    const create = async (bus: unknown = harness.bus(), port?: number): Promise<StartedDriver> => {
      const context = testDriverContext(bus)
      const driver = harness.definition.create(context, harness.devices(port))
      started.push(driver)
      await driver.start?.()
      return { driver, context }
    }
    const device = (index: number) => harness.devices()[index]!.key
    const pointsOf = (index: number) =>
      harness.devices()[index]!.profile.points.filter((point) => point.group === harness.group)
    const kit: ContractKit = { harness, create, key: device, pointsOf }

    afterEach(async () => {
      for (const driver of started.splice(0)) await driver.stop()
      for (const { key } of harness.devices()) await harness.setFault(key, null)
    })

    if (harness.publish) describePublished(kit, harness.publish)
    else describePolled(kit)

    test.runIf(isDatagram)('with nobody there it times out, again and again', async () => {
      const silent = createSocket('udp4')
      await new Promise<void>((resolve) => silent.bind(0, '127.0.0.1', resolve))
      let asked = 0
      silent.on('message', () => (asked += 1))
      const { port } = silent.address()
      const { driver } = await create(harness.busAt(port), port)
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
        const { driver } = await create(harness.busAt(port))
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
          .poll(async () => (await driver.probe(device(0)), accepted), { timeout: 5_000 })
          .toBeGreaterThan(0)
        await new Promise((resolve) => listener.close(resolve))
      },
    )

    test('readings without values cover every point of the device', async () => {
      const { driver } = await create()
      const empty = driver.emptyReadings(device(0), Quality.timeout)
      expect(empty).toHaveLength(harness.devices()[0]!.profile.points.length)
      for (const reading of empty) expect(reading).toMatchObject({ mantissa: null, quality: Quality.timeout })
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
