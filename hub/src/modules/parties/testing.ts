/** A small estate for the tests of what depends on people and rooms. */
import type { ImportPlan, ResourceImport } from '@courtyard/protocols/contract'
import type { TestClient, TestHub } from '../../platform/testing.ts'

export interface SmallEstate {
  readonly projectId: string
  readonly buildingId: string
  /** By number: 0101, 0102, 0201, 0202. */
  readonly rooms: ReadonlyMap<string, string>
}

let projects = 0

/** A building with two floors of two rooms each, that are still unsold. */
export async function smallEstate(hub: TestHub): Promise<SmallEstate> {
  const administrator = await hub.as('administrator')
  const body = { code: `people-${++projects}`, name: '云庭' }
  const { id } = await administrator.call('POST /api/projects', { body })
  await administrator.call('POST /api/projects/:id/generations', {
    params: { id },
    body: {
      buildings: { from: 1, to: 1, code: '{n}', name: '{n}栋' },
      units: { count: 0, name: '{n}' },
      floors: { from: 1, to: 2 },
      rooms: [{ areaM2: '89.5' }, { areaM2: '120' }],
      number: '{floor:2}{n:2}',
    },
  })
  const { rows } = await hub.hub.db.pool.query<{ id: string; code: string; buildingId: string }>(
    'select id, code, building_id as "buildingId" from room where project_id = $1',
    [id],
  )
  return {
    projectId: id,
    buildingId: rows[0]!.buildingId,
    rooms: new Map(rows.map((row) => [row.code, row.id])),
  }
}

export async function newParty(
  hub: TestHub,
  projectId: string,
  name: string,
  phone: string | null = null,
): Promise<string> {
  const { rows } = await hub.hub.db.pool.query<{ id: string }>(
    'insert into party (project_id, name, phone) values ($1, $2, $3) returning id',
    [projectId, name, phone],
  )
  return rows[0]!.id
}

export async function moveIn(
  who: TestClient,
  roomId: string,
  accountNumber: string,
  name: string,
): Promise<string> {
  const { householdId } = await who.call('POST /api/rooms/:id/household', {
    params: { id: roomId },
    body: { household: { accountNumber, name, kind: 'residential' } },
  })
  return householdId!
}

/** An issued bill, as a bill run leaves it. */
export async function issuedBill(
  hub: TestHub,
  projectId: string,
  householdId: string,
  amount: string,
): Promise<void> {
  const { pool } = hub.hub.db
  const { rows } = await pool.query<{ id: string }>(
    `insert into charge_item (project_id, code, label_zh, label_en, medium, unit)
     values ($1, 'power', '电费', 'Power', 'electricity', 'kWh')
     on conflict (project_id, code) do update set code = excluded.code returning id`,
    [projectId],
  )
  await pool.query(
    `insert into bill (id, run_id, project_id, household_id, item_id, month, status, number, quantity, amount, estimated,
       tariff_id, period_from, period_to, issued_at)
     values (gen_random_uuid(), gen_random_uuid(), $1, $2, $3, '2026-02-01', 'issued', gen_random_uuid()::text, 10, $4,
       false, gen_random_uuid(), '2026-02-01', '2026-03-01', now())`,
    [projectId, householdId, rows[0]!.id, amount],
  )
}

/** A metering point of a room with a meter that began at zero a year ago. */
export async function newMeter(
  hub: TestHub,
  projectId: string,
  roomId: string,
  code: string,
): Promise<string> {
  const { pool } = hub.hub.db
  const { rows } = await pool.query<{ id: string }>(
    `with point as (
       insert into metering_point (project_id, code, name, medium, role, unit, room_id)
       values ($1, $3, $3, 'electricity', 'household', 'kWh', $2) returning id),
     thing as (
       insert into meter (project_id, serial, medium, manufacturer, model, unit, scale, digits)
       values ($1, $3, 'electricity', 'Synthetic', 'M1', 'kWh', 2, 8) returning id)
     insert into installation (metering_point_id, meter_id, from_at, initial_index)
     select point.id, thing.id, now() - interval '400 days', 0 from point, thing returning metering_point_id as id`,
    [projectId, roomId, code],
  )
  return rows[0]!.id
}

/** Files of one resource in one project, over HTTP as the console sends them. @param path below `/api/` */
export function importing(hub: TestHub, who: TestClient, path: string, projectId: string) {
  const settled = async (id: string): Promise<ResourceImport> => {
    for (;;) {
      const one = await who.call('GET /api/imports/:id', { params: { id } })
      if (!['checking', 'running', 'undoing'].includes(one.state)) return one
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  return {
    async check(lines: readonly string[], plan: Partial<ImportPlan> = {}): Promise<ResourceImport> {
      const answer = await hub.app.inject({
        method: 'POST',
        url: `/api/${path}/imports?projectId=${projectId}&fileName=a.csv`,
        headers: { ...who.headers, 'content-type': 'application/octet-stream', 'accept-language': 'zh' },
        payload: Buffer.from(lines.join('\r\n')),
      })
      if (answer.statusCode !== 200) throw new Error(answer.body)
      const { id, plan: guessed } = answer.json<ResourceImport>()
      const body = { ...guessed, ...plan }
      const headers = { 'accept-language': 'zh' }
      await who.call('POST /api/imports/:id/check', { params: { id }, body, headers })
      return settled(id)
    },
    async act(verb: 'run' | 'undo', { id }: ResourceImport): Promise<ResourceImport> {
      await who.call(`POST /api/imports/:id/${verb}`, { params: { id } })
      return settled(id)
    },
  }
}
