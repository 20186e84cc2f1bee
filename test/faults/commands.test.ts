import { expect, test } from 'vitest'
import { runCommandFaults } from './commands/commands-run.ts'

test('killed at every step of a command: none is done twice, and every answer is true', async () => {
  const lines: string[] = []
  const result = await runCommandFaults(9, 1, (text) => lines.push(text))
  expect(result, lines.join('\n')).toMatchObject({ rounds: 9, twice: 0, wrong: 0, unanswered: 0 })
  // The moments came: otherwise nothing was proved.
  expect(result.killed, lines.join('\n')).toBeGreaterThanOrEqual(7)
  expect(result.confirmed, lines.join('\n')).toBeGreaterThanOrEqual(5)
})
