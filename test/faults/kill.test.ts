import { expect, test } from 'vitest'
import { runFaults } from './kill-run.ts'

test('killed edge and killed hub under load: every accepted reading is stored exactly once', async () => {
  const steps: string[] = []
  const result = await runFaults(2, 20261121, (text) => steps.push(text))
  expect(steps).toHaveLength(2)
  expect(result).toMatchObject({ lost: 0, duplicated: 0, wrong: 0, quarantined: 0 })
  expect(result.produced).toBeGreaterThan(50_000)
  expect(result.stored).toBe(result.produced)
  expect(result.compared).toBeGreaterThan(500)
})
