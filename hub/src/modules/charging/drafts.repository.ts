import type pg from 'pg'
import type { BillSegment } from '@courtyard/protocols/contract'
import { copyRows } from '../../platform/database/copy-rows.ts'
import { storedReason } from '../../platform/reasons/reason.ts'
import { BinaryRows, copyBinary, uuidBytes } from './binary-copy.ts'
import type { AccountBill, AccountLine } from './domain/bill-account.ts'
import { CENT_PLACES, EXACT_PLACES, PRICE_PLACES, QUANTITY_PLACES } from './domain/fixed.ts'
import type { Hold } from './domain/usage-in-span.ts'
import type { RunKey } from './run-source.repository.ts'

export interface DraftBill {
  readonly id: string
  readonly householdId: string
  /** First instant, and the one after the last. */
  readonly periodFrom: Date
  readonly periodTo: Date
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
const evidenceColumns = ['bill_id', 'segments']

/** Rows of drafts, ready for the server. */
export interface EncodedDrafts {
  readonly bills: Buffer
  readonly lines: Buffer
  readonly evidence: Buffer
}

/** Pure computation, so that it can be done while the server is busy with the drafts before. */
export function encodeDrafts(key: RunKey, drafts: readonly DraftBill[]): EncodedDrafts {
  const ids = drafts.map(({ id }) => uuidBytes(id))
  return {
    bills: billRows(key, drafts, ids),
    lines: lineRows(drafts, ids),
    evidence: evidenceRows(drafts, ids),
  }
}

/** Writes a chunk of drafts by COPY, inside the transaction of the run. */
export async function copyDrafts(client: pg.ClientBase, drafts: EncodedDrafts): Promise<void> {
  await copyBinary(client, 'bill', billColumns, drafts.bills)
  await copyBinary(client, 'bill_line', lineColumns, drafts.lines)
  await copyBinary(client, 'bill_evidence', evidenceColumns, drafts.evidence)
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
    storedReason(hold.detail),
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

function billRows(key: RunKey, drafts: readonly DraftBill[], ids: readonly Uint8Array[]): Buffer {
  const rows = new BinaryRows(300 * drafts.length)
  const runId = uuidBytes(key.id)
  const projectId = uuidBytes(key.projectId)
  const itemId = uuidBytes(key.itemId)
  const tariffIds = remembered()
  const month = `${key.month}-01`
  drafts.forEach(({ householdId, periodFrom, periodTo, bill }, index) => {
    rows.row(billColumns.length)
    rows.uuid(ids[index]!)
    rows.uuid(runId)
    rows.uuid(projectId)
    rows.uuid(uuidBytes(householdId))
    rows.uuid(itemId)
    rows.date(month)
    rows.text('draft')
    rows.numeric(bill.quantity, QUANTITY_PLACES)
    rows.numeric(bill.amount, CENT_PLACES)
    rows.boolean(bill.estimated)
    if (bill.usedBefore === null) rows.null()
    else rows.numeric(bill.usedBefore, QUANTITY_PLACES)
    rows.uuid(tariffIds(bill.tariffId))
    rows.timestamptz(periodFrom)
    rows.timestamptz(periodTo)
  })
  return rows.finish()
}

function lineRows(drafts: readonly DraftBill[], ids: readonly Uint8Array[]): Buffer {
  const rows = new BinaryRows(600 * drafts.length)
  const versionIds = remembered()
  drafts.forEach(({ bill }, index) => {
    bill.lines.forEach((line, position) => {
      rows.row(lineColumns.length)
      rows.uuid(ids[index]!)
      rows.smallint(position + 1)
      writeLine(rows, line)
      rows.uuid(versionIds(line.version.id))
    })
  })
  return rows.finish()
}

function writeLine(
  rows: BinaryRows,
  { quantity, unitPrice, exactAmount, amount, ...line }: AccountLine,
): void {
  rows.numeric(quantity, QUANTITY_PLACES)
  rows.numeric(unitPrice, PRICE_PLACES)
  rows.numeric(exactAmount, EXACT_PLACES)
  rows.numeric(amount, CENT_PLACES)
  const { tier, band, part } = line
  if (tier) {
    rows.smallint(tier.number)
    rows.numeric(tier.above, QUANTITY_PLACES)
  } else {
    rows.null()
    rows.null()
  }
  if (tier === null || tier.upTo === null) rows.null()
  else rows.numeric(tier.upTo, QUANTITY_PLACES)
  if (band === null) rows.null()
  else rows.text(band)
  if (part) {
    rows.date(part.firstDay)
    rows.date(part.lastDay)
    rows.text(part.method)
  } else {
    for (let column = 0; column < 3; column++) rows.null()
  }
}

function evidenceRows(drafts: readonly DraftBill[], ids: readonly Uint8Array[]): Buffer {
  const rows = new BinaryRows(1_000 * drafts.length)
  drafts.forEach(({ segments }, index) => {
    rows.row(evidenceColumns.length)
    rows.uuid(ids[index]!)
    rows.text(JSON.stringify(segments))
  })
  return rows.finish()
}

/** Tariffs and versions are few, and a run writes each of their ids a hundred thousand times. */
function remembered(): (id: string) => Uint8Array {
  const known = new Map<string, Uint8Array>()
  return (id) => {
    let bytes = known.get(id)
    if (bytes === undefined) known.set(id, (bytes = uuidBytes(id)))
    return bytes
  }
}
