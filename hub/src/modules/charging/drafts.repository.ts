import type pg from 'pg'
import type { BillSegment } from '@courtyard/protocols/contract'
import { copyRows, type CopyValue } from '../../platform/database/copy-rows.ts'
import type { AccountBill } from './domain/bill-account.ts'
import { CENT_PLACES, EXACT_PLACES, PRICE_PLACES, QUANTITY_PLACES, formatFixed } from './domain/fixed.ts'
import type { Hold } from './domain/usage-in-span.ts'
import type { RunKey } from './run-source.repository.ts'

export interface DraftBill {
  readonly id: string
  readonly householdId: string
  /** First instant, and the one after the last. */
  readonly periodFrom: string
  readonly periodTo: string
  readonly bill: AccountBill
  readonly segments: readonly BillSegment[]
}
export interface HeldDraft {
  readonly householdId: string
  readonly hold: Hold
}

const billColumns = [
  'id',
  'run_id',
  'project_id',
  'household_id',
  'item_id',
  'month',
  'status',
  'quantity',
  'amount',
  'estimated',
  'used_before',
  'tariff_id',
  'period_from',
  'period_to',
]
const lineColumns = [
  'bill_id',
  'sequence',
  'quantity',
  'unit_price',
  'exact_amount',
  'amount',
  'tier_number',
  'tier_above',
  'tier_up_to',
  'band',
  'part_from',
  'part_to',
  'part_method',
  'tariff_version_id',
]

/** Writes a chunk of drafts by COPY, inside the transaction of the run. */
export async function copyDrafts(
  client: pg.ClientBase,
  key: RunKey,
  drafts: readonly DraftBill[],
): Promise<void> {
  await copyRows(client, 'bill', billColumns, billRows(key, drafts))
  await copyRows(client, 'bill_line', lineColumns, lineRows(drafts))
  await copyRows(client, 'bill_evidence', ['bill_id', 'segments'], evidenceRows(drafts))
}

export async function copyHeld(
  client: pg.ClientBase,
  key: RunKey,
  held: readonly HeldDraft[],
): Promise<void> {
  const rows = held.map(({ householdId, hold }) => [
    key.id,
    householdId,
    hold.code,
    hold.meteringPointId,
    hold.detail,
  ])
  await copyRows(
    client,
    'held_account',
    ['run_id', 'household_id', 'code', 'metering_point_id', 'detail'],
    rows,
  )
}

/** Throws the drafts of a run away; issued bills stay. */
export async function deleteDrafts(client: pg.ClientBase, runId: string): Promise<void> {
  for (const table of ['bill_line', 'bill_evidence']) {
    await client.query(
      `DELETE FROM ${table} WHERE bill_id IN (SELECT id FROM bill WHERE run_id = $1 AND status = 'draft')`,
      [runId],
    )
  }
  await client.query(`DELETE FROM bill WHERE run_id = $1 AND status = 'draft'`, [runId])
  await client.query('DELETE FROM held_account WHERE run_id = $1', [runId])
}

function* billRows(key: RunKey, drafts: readonly DraftBill[]): Generator<readonly CopyValue[]> {
  const month = `${key.month}-01`
  for (const { id, householdId, periodFrom, periodTo, bill } of drafts) {
    yield [
      id,
      key.id,
      key.projectId,
      householdId,
      key.itemId,
      month,
      'draft',
      formatFixed(bill.quantity, QUANTITY_PLACES),
      formatFixed(bill.amount, CENT_PLACES),
      bill.estimated,
      bill.usedBefore === null ? null : formatFixed(bill.usedBefore, QUANTITY_PLACES),
      bill.tariffId,
      periodFrom,
      periodTo,
    ]
  }
}

function* lineRows(drafts: readonly DraftBill[]): Generator<readonly CopyValue[]> {
  for (const { id, bill } of drafts) {
    let sequence = 1
    for (const line of bill.lines) {
      const { tier, part } = line
      yield [
        id,
        sequence++,
        formatFixed(line.quantity, QUANTITY_PLACES),
        formatFixed(line.unitPrice, PRICE_PLACES),
        formatFixed(line.exactAmount, EXACT_PLACES),
        formatFixed(line.amount, CENT_PLACES),
        tier ? tier.number : null,
        tier ? boundText(tier.above) : null,
        tier === null || tier.upTo === null ? null : boundText(tier.upTo),
        line.band,
        part ? part.firstDay : null,
        part ? part.lastDay : null,
        part ? part.method : null,
        line.version.id,
      ]
    }
  }
}

/** A tariff has few bounds, and a run writes each of them a hundred thousand times. */
const boundTexts = new Map<bigint, string>()

function boundText(bound: bigint): string {
  let text = boundTexts.get(bound)
  if (text === undefined) {
    if (boundTexts.size > 1_000) boundTexts.clear()
    boundTexts.set(bound, (text = formatFixed(bound, QUANTITY_PLACES)))
  }
  return text
}

function* evidenceRows(drafts: readonly DraftBill[]): Generator<readonly CopyValue[]> {
  for (const { id, segments } of drafts) yield [id, { json: segments }]
}
