/** The part of the contract for devices that are asked. */
import { expect, test } from 'vitest'
import { Quality } from '@courtyard/protocols/contract'
import { TIMEOUT_MS, expectGoodReadings, openResources, type ContractKit } from './contract-kit.ts'

const faults = [
  ['silent', Quality.timeout],
  ['garbage', Quality.invalid],
  ['reset', Quality.disconnected],
] as const

export function describePolled(kit: ContractKit): void {
  const { harness, create, key, pointsOf } = kit
  const isDatagram = harness.transport === 'datagram'

  test('reads every point of a group, with quality, scale and the time of the reply', async () => {
    const { driver } = await create()
    const before = Date.now()
    const outcome = await driver.poll(key(0), harness.group)
    expect(outcome).toMatchObject({ failure: null, message: null })
    expect(outcome.latencyMs).toBeGreaterThan(0)
    await expect.poll(() => driver.connected).toBe(true)
    expectGoodReadings(kit, 0, outcome.readings, before)
  })

  test.each(faults.filter(([fault]) => !isDatagram || fault !== 'reset'))(
    'a %s device: one reading without value per point, the others go on, and it comes back',
    async (fault, quality) => {
      const { driver } = await create()
      await driver.poll(key(0), harness.group)
      await harness.setFault(key(0), fault)
      const startedMs = performance.now()
      const failed = await driver.poll(key(0), harness.group)
      expect(performance.now() - startedMs).toBeLessThan(TIMEOUT_MS * 2)
      expect(failed.failure?.quality).toBe(quality)
      expect(failed.message).toBeTruthy()
      expect(failed.readings).toHaveLength(pointsOf(0).length)
      for (const reading of failed.readings) expect(reading).toMatchObject({ mantissa: null, quality })
      const other = (await driver.poll(key(1), harness.group)).failure
      expect(other?.quality).toBe(harness.oneBox ? quality : undefined)
      expect((await driver.probe(key(0))).failure?.quality).toBe(quality)
      await harness.setFault(key(0), null)
      expect((await driver.probe(key(0))).failure).toBeNull()
      const again = await driver.poll(key(0), harness.group)
      expect(again.readings.every((reading) => reading.quality === Quality.good)).toBe(true)
    },
  )

  test('a device that refuses everything is refused readings, not a lost plan', async () => {
    const { driver } = await create()
    await harness.setFault(key(0), 'refusing')
    for (let round = 0; round < 2; round++) {
      const outcome = await driver.poll(key(0), harness.group)
      expect(outcome.failure).toBeNull()
      expect(outcome.readings).toHaveLength(pointsOf(0).length)
      for (const reading of outcome.readings)
        expect(reading).toMatchObject({ mantissa: null, quality: Quality.refused })
    }
    await harness.setFault(key(0), null)
    const again = await driver.poll(key(0), harness.group)
    expect(again.readings.map((reading) => reading.quality)).toEqual(pointsOf(0).map(() => Quality.good))
  })

  test('stop ends a request under way and leaves no socket or timer', async () => {
    await new Promise((resolve) => setTimeout(resolve, 50))
    const before = openResources()
    const { driver } = await create()
    await driver.poll(key(0), harness.group)
    await harness.setFault(key(0), 'silent')
    const beforeStop = performance.now()
    const pending = driver.poll(key(0), harness.group)
    await driver.stop()
    expect((await pending).failure?.quality).toBe(Quality.disconnected)
    expect(performance.now() - beforeStop).toBeLessThan(TIMEOUT_MS)
    expect((await driver.poll(key(0), harness.group)).failure?.quality).toBe(Quality.disconnected)
    await new Promise((resolve) => setTimeout(resolve, harness.closesWithinMs ?? 50))
    expect(openResources().sockets).toBe(before.sockets)
    expect(openResources().timers).toBeLessThanOrEqual(before.timers)
  })
}
