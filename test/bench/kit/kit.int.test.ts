import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../../../hub/src/platform/testing.ts'
import { runKitBench } from './run.ts'

let hub: TestHub
beforeAll(async () => {
  hub = await startTestHub()
})
afterAll(() => hub.stop())

test(
  'the bench runs on a small town: every list answers, the import is whole, exports take little memory of their own',
  { timeout: 90_000 },
  async () => {
    const size = { rooms: 8_000, parties: 8_000, imported: 1_000, exported: 3_000, times: 2 }
    const result = await runKitBench(hub, size, () => undefined)
    expect(result.imported.rows).toBe(1_000)
    for (const timing of Object.values({ ...result.rooms, ...result.parties, ...result.scoped }))
      expect(timing.p50Ms).toBeGreaterThan(0)
    for (const file of Object.values(result.exported)) {
      expect(file.rows).toBeGreaterThan(2_500)
      expect(file.processRssMb).toBeGreaterThan(20)
      expect(file.processRssMb).toBeLessThan(200)
    }
    const { rows } = await hub.hub.db.pool.query<{ rooms: number; parties: number; roles: number }>(
      `SELECT (SELECT count(*) FROM room)::int AS rooms, (SELECT count(*) FROM party)::int AS parties,
       (SELECT count(*) FROM party_role)::int AS roles`,
    )
    expect(rows).toEqual([{ rooms: 9_000, parties: 8_000, roles: 8_000 }])
  },
)
