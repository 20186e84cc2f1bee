import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Reassembly, splitText } from './fragments.ts'

test('property: any text arrives whole, no part is longer than a notification may be', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 6_000 }),
    fc.constantFrom('"'.repeat(9_000), '数'.repeat(9_000)),
  )
  fc.assert(
    fc.property(text, text, (one, two) => {
      const [left, right] = [splitText('p', one), splitText('p', two)]
      for (const part of [...left, ...right])
        expect(Buffer.byteLength(JSON.stringify(part))).toBeLessThan(8_000)
      // Parts of two texts may mix
      const mixed = Array.from({ length: Math.max(left.length, right.length) }, (_, n) => [
        left[n],
        right[n],
      ]).flat()
      const reassembly = new Reassembly()
      const whole = mixed
        .flatMap((part) => (part ? [reassembly.add(part)] : []))
        .filter((done) => done !== null)
      expect(whole.sort()).toEqual([one, two].sort())
    }),
    { numRuns: 25 },
  )
})

test('texts that stay unfinished are forgotten', () => {
  const reassembly = new Reassembly()
  for (let n = 0; n < 1_000; n++) reassembly.add({ from: 'p', text: n, part: 0, of: 2, content: 'x' })
  expect(reassembly.add({ from: 'p', text: 0, part: 1, of: 2, content: 'y' })).toBeNull()
  expect(reassembly.add({ from: 'p', text: 999, part: 1, of: 2, content: 'y' })).toBe('xy')
})
