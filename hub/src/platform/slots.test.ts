import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Slots } from './slots.ts'

test('slots let so many work at a time, in their order, also after a failure', async () => {
  const slots = new Slots(2)
  const order: number[] = []
  let working = 0
  let most = 0
  const results = await Promise.allSettled(
    [0, 1, 2, 3, 4].map((n) =>
      slots.run(async () => {
        most = Math.max(most, ++working)
        order.push(n)
        await new Promise((resolve) => setTimeout(resolve, 2))
        working--
        if (n === 1) throw new Error('one fails')
      }),
    ),
  )
  expect([most, order]).toEqual([2, [0, 1, 2, 3, 4]])
  expect(results.map(({ status }) => status).filter((status) => status === 'rejected')).toHaveLength(1)
})

test('who leaves the queue is not waited for, and takes nobody’s place', async () => {
  const slots = new Slots(1)
  const gate = Promise.withResolvers<void>()
  const done: number[] = []
  const first = slots.run(() => gate.promise)
  const leaving = new AbortController()
  const left = slots.run(async () => void done.push(1), leaving.signal)
  const last = slots.run(async () => void done.push(2))
  expect(slots.waiting).toBe(2)
  leaving.abort(new Error('gone'))
  await expect(left).rejects.toThrow('gone')
  expect(slots.waiting).toBe(1)
  gate.resolve()
  await Promise.all([first, last])
  expect(done).toEqual([2])
  await expect(slots.run(async () => void done.push(3), leaving.signal)).rejects.toThrow('gone')
  await slots.run(async () => turn())
  expect([done, slots.waiting]).toEqual([[2], 0])
})
