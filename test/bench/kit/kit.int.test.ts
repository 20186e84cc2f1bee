import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../../../hub/src/platform/testing.ts'
import { runKitBench } from './run.ts'

let hub: TestHub
beforeAll(async () => {
  hub = await startTestHub()
})
afterAll(() => hub.stop())

test(
  'the bench runs on a small town: every list answers, the import is whole, the export ends',
  { timeout: 90_000 },
  async () => {
    const size = { rooms: 4_000, parties: 8_000, imported: 1_000, exported: 500, times: 2 }
    const result = await runKitBench(hub, size, () => undefined)
    expect(result.imported.rows).toBe(1_000)
    for (const timing of Object.values({ ...result.rooms, ...result.parties, ...result.scoped }))
      expect(timing.p50Ms).toBeGreaterThan(0)
    const { rows } = await hub.hub.db.pool.query<{ rooms: number; parties: number; roles: number }>(
      `SELECT (SELECT count(*) FROM room)::int AS rooms, (SELECT count(*) FROM party)::int AS parties,
       (SELECT count(*) FROM party_role)::int AS roles`,
    )
    expect(rows).toEqual([{ rooms: 5_000, parties: 8_000, roles: 4_000 }])
  },
)
