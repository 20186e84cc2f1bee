import { expect, test } from 'vitest'
import { runOutboxBench } from './run.ts'

test('six minutes offline: live values at once, everything arrives once, and right', async () => {
  const lines: string[] = []
  const result = await runOutboxBench({
    hours: 0.1,
    readingsPerSecond: 1_000_000,
    maxBytes: 2 ** 29,
    nodeFlags: [],
    say: (text) => lines.push(text),
  })
  expect(lines).toEqual([expect.stringMatching(/^180000 readings in 720 batches/)])
  expect(result).toMatchObject({ backlogReadings: 180_000, lost: 0, duplicated: 0, wrong: 0 })
  // Packed: ten thousand readings in a message, and those that count as live one by one.
  expect(result.messages).toBeLessThan(200)
  expect(result.catchUpFactor).toBeGreaterThan(5)
  expect(result.secondsToLive).toBeLessThan(10)
})
