/** The part of the contract for devices that speak by themselves: a poll only tells whether they are there. */
import { expect, test } from 'vitest'
import { Quality, type Reading } from '@courtyard/protocols/contract'
import { SILENT_AFTER_MS, expectGoodReadings, openResources } from './contract-kit.ts'
import type { ContractKit, Publish, StartedDriver } from './contract-kit.ts'

export function describePublished(kit: ContractKit, publish: Publish): void {
  const { harness, key, pointsOf } = kit
  const listening = async (): Promise<StartedDriver> => {
    const started = await kit.create()
    await expect.poll(() => started.driver.connected, { timeout: 5_000 }).toBe(true)
    return started
  }
  const readingsOf = ({ context }: StartedDriver, index: number): Reading[] =>
    context.emissions
      .flatMap(({ readings = [] }) => [...readings])
      .filter(({ point }) => point.startsWith(`${key(index)}/`))

  test('every point of a group goes out as the device says it; a poll adds nothing', async () => {
    const started = await listening()
    const before = Date.now()
    await publish(key(0), 'values')
    await expect.poll(() => readingsOf(started, 0).length).toBe(pointsOf(0).length)
    expectGoodReadings(kit, 0, readingsOf(started, 0), before)
    expect(await started.driver.poll(key(0), harness.group)).toMatchObject({ readings: [], failure: null, message: null }) // prettier-ignore
    expect(readingsOf(started, 1)).toEqual([])
  })

  test('a silent device: one reading without value per point, the others go on, and it comes back', async () => {
    const { driver, context } = await listening()
    const failureOf = async (index: number) => (await driver.poll(key(index), harness.group)).failure
    const speaks = setInterval(() => void publish(key(1), 'values'), SILENT_AFTER_MS / 4)
    try {
      await publish(key(0), 'values')
      await expect.poll(() => failureOf(0), { timeout: 5_000 }).toMatchObject({ quality: Quality.timeout })
      const failed = await driver.poll(key(0), harness.group)
      expect(failed.message).toBeTruthy()
      expect(failed.readings).toHaveLength(pointsOf(0).length)
      for (const reading of failed.readings)
        expect(reading).toMatchObject({ mantissa: null, quality: Quality.timeout })
      // Told without a poll as well
      await expect.poll(() => context.notes.get(key(0))?.quality).toBe(Quality.timeout)
      expect(await failureOf(1)).toBeNull()
      await publish(key(0), 'values')
      await expect.poll(() => failureOf(0)).toBeNull()
      await expect.poll(() => context.notes.get(key(0))).toBeNull()
    } finally {
      clearInterval(speaks)
    }
  })

  test('what nobody can use is no reading, is told in words, and hinders nothing', async () => {
    const started = await listening()
    const { driver } = started
    await publish(key(0), 'garbage')
    await expect.poll(async () => (await driver.poll(key(0), harness.group)).message).toMatch(/unusable/)
    await publish(key(1), 'values')
    await expect.poll(() => readingsOf(started, 1).length).toBe(pointsOf(1).length)
    expect(readingsOf(started, 0)).toEqual([])
    await publish(key(0), 'values')
    await expect.poll(async () => (await driver.poll(key(0), harness.group)).message).toBeNull()
  })

  test('stop leaves no socket or timer, and nothing goes out any more', async () => {
    await publish(key(1), 'values')
    await new Promise((resolve) => setTimeout(resolve, 50))
    const before = openResources()
    const started = await listening()
    await publish(key(0), 'values')
    await expect.poll(() => readingsOf(started, 0).length).toBe(pointsOf(0).length)
    await started.driver.stop()
    await new Promise((resolve) => setTimeout(resolve, harness.closesWithinMs ?? 50))
    expect(started.driver.connected).toBe(false)
    expect(openResources().sockets).toBe(before.sockets)
    expect(openResources().timers).toBeLessThanOrEqual(before.timers)
    await publish(key(0), 'values')
    expect(readingsOf(started, 0)).toHaveLength(pointsOf(0).length)
  })
}
