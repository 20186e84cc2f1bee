import fc from 'fast-check'
import { expect, test } from 'vitest'
import { coversHoles, planRequests, splitRequest, type Field, type ReadRequest } from './plan.ts'

function field(point: string, address: number, width = 2, fn: Field['function'] = 4): Field {
  return { point, function: fn, address, width, optional: false }
}
const shape = (requests: ReadRequest[]) => requests.map((r) => `${r.function}:${r.address}+${r.count}`)

test('neighbours become one request', () => {
  const fields = [field('a', 0), field('b', 2), field('c', 4)]
  expect(shape(planRequests(fields, { maxRegisters: 125, holeLimit: 0 }))).toEqual(['4:0+6'])
})

test('a hole is read across up to the limit and not beyond', () => {
  const fields = [field('a', 0), field('b', 10), field('c', 21)]
  expect(shape(planRequests(fields, { maxRegisters: 125, holeLimit: 8 }))).toEqual(['4:0+12', '4:21+2'])
  expect(shape(planRequests(fields, { maxRegisters: 125, holeLimit: 9 }))).toEqual(['4:0+23'])
})

test('the cap of the device cuts between fields', () => {
  const fields = Array.from({ length: 45 }, (_, i) => field(`p${i}`, i * 2))
  expect(shape(planRequests(fields, { maxRegisters: 79, holeLimit: 0 }))).toEqual(['4:0+78', '4:78+12'])
})

test('functions are never mixed; fields of bits share their register', () => {
  const fields = [field('x', 0, 1, 3), field('y', 0, 1, 3), field('z', 0, 1, 4)]
  const plan = planRequests(fields, { maxRegisters: 125, holeLimit: 8 })
  expect(shape(plan)).toEqual(['3:0+1', '4:0+1'])
  expect(splitRequest(plan[0]!, { maxRegisters: 125, holeLimit: 8 })).toEqual([])
})

test('a refused request loses its holes first, then stands field by field', () => {
  const limits = { maxRegisters: 125, holeLimit: 8 }
  const merged = planRequests([field('a', 0), field('b', 2), field('c', 6)], limits)[0]!
  expect(coversHoles(merged)).toBe(true)
  const dense = splitRequest(merged, limits)
  expect(shape(dense)).toEqual(['4:0+4', '4:6+2'])
  expect(shape(splitRequest(dense[0]!, limits))).toEqual(['4:0+2', '4:2+2'])
  expect(splitRequest(dense[1]!, limits)).toEqual([])
})

const arbitraryFields = fc
  .array(
    fc.record({
      function: fc.constantFrom<Field['function']>(1, 2, 3, 4),
      address: fc.integer({ min: 0, max: 600 }),
      width: fc.integer({ min: 1, max: 4 }),
      optional: fc.boolean(),
    }),
    { maxLength: 80 },
  )
  .map((list) => list.map((item, i): Field => ({ ...item, point: `p${i}` })))
const arbitraryLimits = fc.record({
  maxRegisters: fc.integer({ min: 4, max: 125 }),
  holeLimit: fc.integer({ min: 0, max: 124 }),
})

function checkPlan(fields: readonly Field[], requests: readonly ReadRequest[], cap: number, holes: number) {
  const planned = requests.flatMap((request) => request.fields.map((f) => f.point))
  expect([...planned].sort()).toEqual(fields.map((f) => f.point).sort())
  for (const request of requests) {
    expect(request.count).toBeLessThanOrEqual(request.function <= 2 ? 2000 : cap)
    let end = request.address
    for (const f of [...request.fields].sort((a, b) => a.address - b.address)) {
      expect(f.function).toBe(request.function)
      expect(f.address).toBeGreaterThanOrEqual(request.address)
      expect(f.address + f.width).toBeLessThanOrEqual(request.address + request.count)
      expect(f.address - end).toBeLessThanOrEqual(holes)
      end = Math.max(end, f.address + f.width)
    }
    expect(end).toBe(request.address + request.count)
  }
}

test('property: each field exactly once and whole, cap and hole limit never exceeded', () => {
  fc.assert(
    fc.property(arbitraryFields, arbitraryLimits, (fields, limits) => {
      checkPlan(fields, planRequests(fields, limits), limits.maxRegisters, limits.holeLimit)
    }),
  )
})

test('property: splitting covers the same fields, has no holes, and comes to an end', () => {
  fc.assert(
    fc.property(arbitraryFields, arbitraryLimits, (fields, limits) => {
      for (const request of planRequests(fields, limits)) {
        const parts = splitRequest(request, limits)
        if (parts.length > 0) checkPlan(request.fields, parts, limits.maxRegisters, 0)
        for (const part of parts.flatMap((p) => splitRequest(p, limits))) {
          expect(coversHoles(part)).toBe(false)
        }
      }
    }),
  )
})
