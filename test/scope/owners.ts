/** Owners at the portal: one per building of the estate, each with a phone and a session of his own. */
import { apiRoutes } from '@courtyard/protocols/contract'
import { beginSession } from '../../hub/src/modules/portal/sessions.ts'
import { fromSomewhere, type TestHub } from '../../hub/src/platform/testing.ts'
import type { Estate, SeededRow } from './estate.ts'

export interface Owner {
  readonly headers: Readonly<Record<string, string>>
  /** Role in the one room of his building: what the portal calls a place. */
  readonly place: SeededRow
}

export async function seedOwners(hub: TestHub, estate: Estate): Promise<Owner[]> {
  const { db } = hub.hub
  for (const { id, buildingId } of estate.rows.filter(({ table }) => table === 'announcement')) {
    if (buildingId === null) continue
    await db.pool.query(`update announcement set audience = 'building', building_id = $2 where id = $1`, [
      id,
      buildingId,
    ])
  }
  const roles = estate.rows.filter(({ table, buildingId }) => table === 'party_role' && buildingId !== null)
  return Promise.all(
    roles.map(async (place, index) => {
      const phone = String(13_900_000_000 + index)
      await db.pool.query(
        `update party set phone = $2 where id = (select party_id from party_role where id = $1)`,
        [place.id, phone],
      )
      const session = await db.transaction((client) =>
        beginSession(hub.hub, client, phone, { ip: null, userAgent: null }),
      )
      const cookie = `courtyard-portal=${session.secret}`
      return { headers: { ...fromSomewhere(), cookie, 'x-csrf-token': session.csrfToken }, place }
    }),
  )
}

/** Of a project, and open to everybody who lives in it. */
const OF_PROJECT = new Set([
  'project',
  'announcement',
  'office_contact',
  'charge_item',
  'tariff',
  'tariff_version',
])

export function mayOwnerSee({ place }: Owner, row: SeededRow): boolean {
  if (row.projectId !== place.projectId) return false
  return row.buildingId === null ? OF_PROJECT.has(row.table) : row.buildingId === place.buildingId
}

/** What can be asked for at a place: where the path names a bill, with that of its own building and two others. */
export function portalAddresses(hub: TestHub, estate: Estate, place: SeededRow): string[] {
  const table = Object.keys(apiRoutes).filter((key) => key.startsWith('GET /api/portal/'))
  const made = hub.app.madeRoutes.map(({ routeKey }) => routeKey)
  const paths = [...table, ...made.filter((key) => key.startsWith('GET /api/portal/'))].map((key) =>
    key.slice(4),
  )
  const all = Map.groupBy(
    estate.rows.filter(({ table: name }) => name === 'bill'),
    ({ buildingId }) => buildingId === place.buildingId,
  )
  const bills = [...(all.get(true) ?? []), ...(all.get(false) ?? []).slice(0, 2)]
  return [...new Set(paths)].flatMap((path) => {
    const at = path.replace(':id', place.id)
    const asked = at.includes(':billId') ? bills.map(({ id }) => at.replace(':billId', id)) : [at]
    return asked
      .map((one) => (path.endsWith('/usage') ? `${one}?${USAGE}` : one))
      .filter((one) => !one.includes(':'))
  })
}

const USAGE = 'medium=electricity&period=2026'
