import { afterAll, beforeAll, expect, it } from 'vitest'
import { manualClock } from '../../../hub/src/platform/clock.ts'
import { startTestHub, type TestHub } from '../../../hub/src/platform/testing.ts'
import { chargingModule } from '../../../hub/src/modules/charging/index.ts'
import { bareCopy, billMonth } from './run.ts'
import { seedNeighbourhood } from './fixture.ts'

let test: TestHub
beforeAll(async () => {
  test = await startTestHub({ modules: [chargingModule], clock: manualClock('2026-07-02T00:00:00Z') })
})
afterAll(() => test.stop())

it('bills a neighbourhood of 500 accounts so that lines, bills, run and usage agree', async () => {
  const { db } = test.hub
  const place = await db.transaction((client) => seedNeighbourhood(client, 500))
  const result = await billMonth(test.hub, place)
  expect(result.bills).toBe(500)
  const client = await db.pool.connect()
  expect(await bareCopy(client, result.runId)).toBeGreaterThan(0)
  client.release()

  const clerk = await test.as('billingClerk', [place.projectId])
  const query = { projectId: place.projectId, status: 'issued', pageSize: 20 } as const
  const cheapest = await clerk.call('GET /api/bills', { query: { ...query, sort: 'amount' } })
  const dearest = await clerk.call('GET /api/bills', { query: { ...query, sort: '-amount' } })
  expect([cheapest.total, cheapest.items.length]).toEqual([500, 20])
  expect(Number(cheapest.items[0]!.amount)).toBeLessThan(Number(dearest.items[0]!.amount))
  const found = await clerk.call('GET /api/bills', { query: { ...query, q: '0000123' } })
  expect(found.items.map(({ household, number }) => [household.accountNumber, number])).toEqual([
    ['0000123', 'B1-2026-000123'],
  ])
})
