import { expect, test } from 'vitest'
import { runOutboxBench } from './run.ts'

test('three minutes offline: live values at once, everything arrives once, and right', async () => {
  const lines: string[] = []
  const result = await runOutboxBench({
    hours: 0.05,
    readingsPerSecond: 1_000_000,
    maxBytes: 2 ** 29,
    nodeFlags: [],
    say: (text) => lines.push(text),
  })
  expect(lines).toEqual([expect.stringMatching(/^90000 readings in 360 batches/)])
  expect(result).toMatchObject({ backlogReadings: 90_000, lost: 0, duplicated: 0, wrong: 0 })
  // Packed: ten thousand readings in a message, and those that count as live one by one.
  expect(result.messages).toBeLessThan(200)
  expect(result.catchUpFactor).toBeGreaterThan(2)
  expect(result.secondsToLive).toBeLessThan(10)
})
