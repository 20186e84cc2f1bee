import type pg from 'pg'
import type { ChargeItem, Tariff, TariffRule } from '@courtyard/protocols/contract'

type Queryable = pg.Pool | pg.ClientBase
const run = <T extends pg.QueryResultRow>(client: Queryable, sql: string, values: unknown[]) =>
  (client as pg.Pool).query<T>(sql, values)

interface ItemRow {
  id: string
  projectId: string
  code: string
  labelZh: string
  labelEn: string
  medium: ChargeItem['medium']
  unit: string
}
const selectItem = `SELECT id, project_id AS "projectId", code, label_zh AS "labelZh", label_en AS "labelEn", medium, unit
  FROM charge_item`

export async function listItems(client: Queryable, projectId: string): Promise<ChargeItem[]> {
  const { rows } = await run<ItemRow>(client, `${selectItem} WHERE project_id = $1 ORDER BY code`, [
    projectId,
  ])
  return rows.map(itemDto)
}

export async function findItem(client: Queryable, id: string): Promise<ChargeItem | null> {
  const { rows } = await run<ItemRow>(client, `${selectItem} WHERE id = $1`, [id])
  return rows[0] ? itemDto(rows[0]) : null
}

/** @returns null when the code is taken in the project */
export async function insertItem(
  client: Queryable,
  item: Omit<ChargeItem, 'id'>,
): Promise<ChargeItem | null> {
  const { rows } = await run<{ id: string }>(
    client,
    `INSERT INTO charge_item (project_id, code, label_zh, label_en, medium, unit) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (project_id, code) DO NOTHING RETURNING id`,
    [item.projectId, item.code, item.label.zh, item.label.en, item.medium, item.unit],
  )
  return rows[0] ? { id: rows[0].id, ...item } : null
}

function itemDto({ labelZh, labelEn, ...item }: ItemRow): ChargeItem {
  return { ...item, label: { zh: labelZh, en: labelEn } }
}

const selectTariff = `SELECT tariff.id, project_id AS "projectId", code, name, unit, coalesce(
    (SELECT json_agg(json_build_object('id', version.id, 'effectiveFrom', to_char(effective_from, 'YYYY-MM-DD'),
            'rule', rule, 'note', note) ORDER BY effective_from)
       FROM tariff_version AS version WHERE version.tariff_id = tariff.id), '[]') AS versions
  FROM tariff`

export async function listTariffs(client: Queryable, projectId: string): Promise<Tariff[]> {
  return (await run<Tariff>(client, `${selectTariff} WHERE project_id = $1 ORDER BY code`, [projectId])).rows
}

export async function findTariff(client: Queryable, id: string): Promise<Tariff | null> {
  return (await run<Tariff>(client, `${selectTariff} WHERE id = $1`, [id])).rows[0] ?? null
}

/** @returns null when the code is taken in the project */
export async function insertTariff(
  client: Queryable,
  tariff: Pick<Tariff, 'projectId' | 'code' | 'name' | 'unit'>,
): Promise<string | null> {
  const { rows } = await run<{ id: string }>(
    client,
    `INSERT INTO tariff (project_id, code, name, unit) VALUES ($1, $2, $3, $4)
     ON CONFLICT (project_id, code) DO NOTHING RETURNING id`,
    [tariff.projectId, tariff.code, tariff.name, tariff.unit],
  )
  return rows[0]?.id ?? null
}

export interface NewVersion {
  readonly effectiveFrom: string
  readonly rule: TariffRule
  readonly note?: string | undefined
}

/** @returns null when the tariff has a version from that day already */
export async function insertVersion(
  client: Queryable,
  tariffId: string,
  version: NewVersion,
  createdBy: string,
): Promise<string | null> {
  const { rows } = await run<{ id: string }>(
    client,
    `INSERT INTO tariff_version (tariff_id, effective_from, rule, note, created_by) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (tariff_id, effective_from) DO NOTHING RETURNING id`,
    [tariffId, version.effectiveFrom, JSON.stringify(version.rule), version.note ?? null, createdBy],
  )
  return rows[0]?.id ?? null
}

/** The last month that was billed by the tariff and ends after the day; null when there is none. */
export async function issuedMonthFrom(
  client: Queryable,
  tariffId: string,
  day: string,
): Promise<string | null> {
  const { rows } = await run<{ month: string | null }>(
    client,
    `SELECT to_char(max(run.month), 'YYYY-MM') AS month FROM tariff
       JOIN bill_run AS run ON run.project_id = tariff.project_id AND run.month >= date_trunc('month', $2::date)
       JOIN bill ON bill.run_id = run.id AND bill.tariff_id = tariff.id AND bill.status = 'issued'
      WHERE tariff.id = $1`,
    [tariffId, day],
  )
  return rows[0]?.month ?? null
}
