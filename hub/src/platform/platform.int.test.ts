import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestHub, type TestHub } from './testing.ts'

let hub: TestHub
beforeAll(async () => {
  hub = await startTestHub()
}, 60_000)
afterAll(() => hub.stop())

test('starts and answers', async () => {
  const res = await hub.app.inject('/api/openapi.json')
  expect(res.statusCode).toBe(200)
})
