import type pg from 'pg'
import type { DepositState, FitOutPermit, PermitState } from '@courtyard/protocols/contract'
import { registerNumberKind, takeNumber } from '../../platform/numbering/index.ts'
import { rowsOf, type WorkflowClient, type WorkflowReader } from '../../platform/workflow/client.ts'
import type { Place } from './handover.repository.ts'

type Client = Pick<pg.ClientBase, 'query'>

export interface PermitHead extends Place {
  readonly roomId: string
  readonly version: number
  readonly state: PermitState
  readonly depositAmount: string
  readonly depositState: DepositState
  readonly startsOn: string
  readonly endsOn: string
  readonly lastResult: 'ok' | 'defect' | null
}

export async function permitHead(
  client: WorkflowReader,
  id: string,
  lock = false,
): Promise<PermitHead | null> {
  const rows = await rowsOf<PermitHead>(
    client,
    `select id, project_id as "projectId", building_id as "buildingId", room_id as "roomId", version, state,
       deposit_amount::text as "depositAmount", deposit_state as "depositState", starts_on::text as "startsOn",
       ends_on::text as "endsOn", (select result from fit_out_inspection i where i.permit_id = f.id
         order by at desc, id desc limit 1) as "lastResult"
     from fit_out_permit f where id = $1::uuid ${lock ? 'for update' : ''}`,
    [id],
  )
  return rows[0] ?? null
}

export type PermitRow = Omit<FitOutPermit, 'process' | 'maySettle'>

const iso = (text: string) => new Date(text).toISOString()

export async function permitDetail(client: Client, id: string): Promise<PermitRow | null> {
  const { rows } = await client.query<PermitRow>(
    `select f.id, f.project_id as "projectId", f.version, f.number, f.state, f.company,
       f.company_phone as "companyPhone", f.work, f.starts_on::text as "startsOn", f.ends_on::text as "endsOn",
       f.deposit_amount::text as "depositAmount", f.deposit_state as "depositState",
       f.refunded_amount::text as "refundedAmount",
       json_build_object('id', p.id, 'name', p.name) as applicant,
       json_build_object('id', r.id, 'code', r.code, 'unit', u.name,
         'building', json_build_object('id', b.id, 'name', b.name)) as room,
       coalesce((select json_agg(json_build_object('id', i.id, 'at', i.at, 'result', i.result, 'remark', i.remark,
           'by', (select display_name from app_user where id = i.created_by)) order by i.at desc)
         from fit_out_inspection i where i.permit_id = f.id), '[]') as inspections,
       coalesce((select json_agg(json_build_object('id', s.id, 'code', s.code, 'workerName', s.worker_name,
           'workerPhone', s.worker_phone, 'validFrom', s.valid_from, 'validTo', s.valid_to, 'revokedAt', s.revoked_at)
           order by s.created_at) from fit_out_pass s where s.permit_id = f.id), '[]') as passes
     from fit_out_permit f join party p on p.id = f.applicant_id join room r on r.id = f.room_id
       join building b on b.id = r.building_id left join unit u on u.id = r.unit_id where f.id = $1`,
    [id],
  )
  const row = rows[0]
  if (!row) return null
  return {
    ...row,
    inspections: row.inspections.map((one) => ({ ...one, at: iso(one.at) })),
    passes: row.passes.map((one) => ({ ...one, revokedAt: one.revokedAt && iso(one.revokedAt) })),
  }
}

export interface NewPermit extends Place {
  readonly roomId: string
  readonly applicantId: string
  readonly company: string
  readonly companyPhone: string | null
  readonly work: string
  readonly startsOn: string
  readonly endsOn: string
  readonly depositAmount: string
  readonly userId: string
  readonly now: Date
}

const permitNumbers = registerNumberKind({
  key: 'fitOutPermit',
  label: { zh: '装修许可', en: 'Fit-out permits' },
  pattern: 'ZX-{yyyy}-{seq:4}',
  reset: 'yearly',
  gapFree: true,
  table: 'fit_out_permit',
})

/** @returns its number, the next one of the project */
export async function insertPermit(client: Client, row: NewPermit): Promise<string> {
  const wanted = { kind: permitNumbers.key, projectId: row.projectId, at: row.now }
  const number = await takeNumber(client, wanted)
  await client.query(
    `insert into fit_out_permit (id, project_id, building_id, room_id, number, applicant_id, company, company_phone, work,
       starts_on, ends_on, deposit_amount, deposit_state, created_at, created_by, updated_at, updated_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::numeric,
       case when $12::numeric > 0 then 'due' else 'none' end, $13, $14, $13, $14)`,
    [
      row.id,
      row.projectId,
      row.buildingId,
      row.roomId,
      number,
      row.applicantId,
      row.company,
      row.companyPhone,
      row.work,
      row.startsOn,
      row.endsOn,
      row.depositAmount,
      row.now,
      row.userId,
    ],
  )
  return number
}

export async function savePermit(
  client: WorkflowClient,
  id: string,
  change: {
    readonly state: PermitState
    readonly depositState: DepositState
    readonly refundedAmount?: string | null
  },
  now: Date,
): Promise<void> {
  await rowsOf(
    client,
    `update fit_out_permit set state = $2, deposit_state = $3, refunded_amount = coalesce($4::numeric, refunded_amount),
       version = version + 1, updated_at = $5::timestamptz where id = $1::uuid`,
    [id, change.state, change.depositState, change.refundedAmount ?? null, now.toISOString()],
  )
}

/** What the applicant wants, before anything was approved. */
export async function reviseApplication(
  client: WorkflowClient,
  id: string,
  application: Pick<NewPermit, 'company' | 'work' | 'startsOn' | 'endsOn' | 'depositAmount'>,
  now: Date,
): Promise<void> {
  const { company, work, startsOn, endsOn, depositAmount } = application
  await rowsOf(
    client,
    `update fit_out_permit set company = $2, work = $3, starts_on = $4::date, ends_on = $5::date,
       deposit_amount = $6::numeric, deposit_state = case when $6::numeric > 0 then 'due' else 'none' end,
       version = version + 1, updated_at = $7::timestamptz where id = $1::uuid`,
    [id, company, work, startsOn, endsOn, depositAmount, now.toISOString()],
  )
}

export async function setDecoration(
  client: WorkflowClient,
  roomId: string,
  state: 'bare' | 'decorating' | 'decorated',
  now: Date,
): Promise<void> {
  await rowsOf(
    client,
    `update room set decoration_state = $2, version = version + 1, updated_at = $3::timestamptz where id = $1::uuid`,
    [roomId, state, now.toISOString()],
  )
}

export async function insertInspection(
  client: Client,
  row: { permitId: string; at: Date; result: string; remark: string; userId: string },
): Promise<void> {
  await client.query(
    'insert into fit_out_inspection (permit_id, at, result, remark, created_by) values ($1, $2, $3, $4, $5)',
    [row.permitId, row.at, row.result, row.remark, row.userId],
  )
}

export interface NewPass {
  readonly permitId: string
  readonly code: string
  readonly workerName: string
  readonly workerPhone: string | null
  readonly validFrom: string
  readonly validTo: string
  readonly userId: string
  readonly now: Date
}

export async function insertPass(client: Client, row: NewPass): Promise<void> {
  await client.query(
    `insert into fit_out_pass (permit_id, code, worker_name, worker_phone, valid_from, valid_to, created_at, created_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      row.permitId,
      row.code,
      row.workerName,
      row.workerPhone,
      row.validFrom,
      row.validTo,
      row.now,
      row.userId,
    ],
  )
}

export async function permitOfPass(client: Client, passId: string): Promise<string | null> {
  const { rows } = await client.query<{ permitId: string }>(
    'select permit_id as "permitId" from fit_out_pass where id = $1',
    [passId],
  )
  return rows[0]?.permitId ?? null
}

export async function revokePass(client: Client, passId: string, now: Date): Promise<void> {
  await client.query('update fit_out_pass set revoked_at = $2 where id = $1 and revoked_at is null', [
    passId,
    now,
  ])
}

export interface PassRow extends Place {
  readonly permitState: PermitState
  readonly revoked: boolean
  readonly workerName: string
  readonly company: string
  readonly room: string
  readonly validFrom: string
  readonly validTo: string
  readonly timeZone: string
}

export async function passByCode(client: Client, code: string): Promise<PassRow | null> {
  const { rows } = await client.query<PassRow>(
    `select s.id, f.project_id as "projectId", f.building_id as "buildingId", f.state as "permitState",
       s.revoked_at is not null as revoked, s.worker_name as "workerName", f.company, b.name || ' ' || r.code as room,
       s.valid_from::text as "validFrom", s.valid_to::text as "validTo", pj.time_zone as "timeZone"
     from fit_out_pass s join fit_out_permit f on f.id = s.permit_id join room r on r.id = f.room_id
       join building b on b.id = r.building_id join project pj on pj.id = f.project_id where s.code = $1`,
    [code],
  )
  return rows[0] ?? null
}
