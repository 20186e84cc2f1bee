import { expect, test } from 'vitest'
import { LogRing } from './log-ring.ts'

const line = (more: object) =>
  `${JSON.stringify({ level: 30, time: '2026-11-22T00:00:00.000Z', pid: 1, hostname: 'h', msg: 'm', ...more })}\n`

test('the last lines of at least a level, oldest first, as the contract wants them', () => {
  const ring = new LogRing()
  for (const level of [20, 30, 40, 50, 60])
    ring.add(line({ level, msg: `at ${level}`, module: 'x', bus: 'b1' }))
  expect(ring.tail(2, 'warn').map(({ message }) => message)).toEqual(['at 50', 'at 60'])
  expect(ring.tail(100, 'debug')[0]).toEqual({
    atMs: Date.parse('2026-11-22T00:00:00Z'),
    level: 'debug',
    module: 'x',
    message: 'at 20',
    fields: { bus: 'b1' },
  })
  expect(ring.tail(100, 'trace').at(-1)!.level).toBe('fatal')
})

test('memory is bounded whatever is logged, and the newest lines stay', () => {
  const ring = new LogRing()
  for (let i = 0; i < 30_000; i++) ring.add(line({ msg: `line ${i}`, filler: 'x'.repeat(200) }))
  ring.add(line({ msg: 'long', filler: 'x'.repeat(100_000) }))
  const tail = ring.tail(1_000_000, 'trace')
  expect(JSON.stringify(tail).length).toBeLessThan(4_000_000)
  expect(tail.at(-2)!.message).toBe('line 29999')
  expect(tail.at(-1)!.message).toMatch(/^long … \(\d+ bytes\)$/)
  expect(tail.length).toBeGreaterThan(3_000)
})

test('hidden texts are in no line, written or kept, as they are or as JSON writes them', () => {
  const ring = new LogRing()
  ring.hide(['geheim"wort\\8', '1234', 'plain-secret'])
  const written = ring.add(line({ msg: 'plain-secret', deep: { at: ['geheim"wort\\8'] }, pin: '1234' }))
  for (const text of [written, JSON.stringify(ring.tail(1, 'info'))]) {
    expect(text).not.toContain('plain-secret')
    expect(text).not.toContain('geheim')
  }
  // Too short to be told from a number; the names of the fields are what hides those.
  expect(JSON.parse(written)).toMatchObject({ pin: '1234' })
})

test('a line that is no JSON does no harm', () => {
  const ring = new LogRing()
  ring.add('not json\n')
  ring.add('x'.repeat(20_000))
  expect(ring.tail(10, 'info')).toMatchObject([{ message: 'a line of 20000 bytes' }])
})
