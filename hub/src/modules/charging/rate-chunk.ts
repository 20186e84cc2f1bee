import type { BillSegment } from '@courtyard/protocols/contract'
import type { DraftBill, HeldDraft } from './drafts.repository.ts'
import { billAccount, type AccountBill } from './domain/bill-account.ts'
import { QUANTITY_PLACES, formatFixed, parseFixed, trimDecimal } from './domain/fixed.ts'
import type { Hold } from './domain/usage-in-span.ts'
import type { Account, AccountChunk } from './run-reader.ts'
import { ascendingUuids } from './uuid7.ts'

/** What a run adds up to; quantity in 10^-9, amount in cents. */
export class RunTotals {
  bills = 0
  held = 0
  quantity = 0n
  amount = 0n
}

const nextBillId = ascendingUuids()

/** Rates a chunk: no reading, no writing. */
export function rateChunk(
  chunk: AccountChunk,
  totals: RunTotals,
): { drafts: DraftBill[]; held: HeldDraft[] } {
  const drafts: DraftBill[] = []
  const held: HeldDraft[] = []
  for (const account of chunk.accounts) {
    const result = rateAccount(chunk, account)
    if ('hold' in result) {
      held.push({ householdId: account.householdId, hold: result.hold })
      totals.held++
      continue
    }
    const { bill, segments } = result
    drafts.push({
      id: nextBillId(),
      householdId: account.householdId,
      periodFrom: chunk.starts[bill.span.from]!,
      periodTo: chunk.starts[bill.span.to]!,
      bill,
      segments,
    })
    totals.bills++
    totals.quantity += bill.quantity
    totals.amount += bill.amount
  }
  return { drafts, held }
}

function rateAccount(chunk: AccountChunk, { householdId, assignments }: Account) {
  const used = chunk.usedInYear(householdId)
  const result = billAccount(assignments, chunk.month, chunk.versionsOf, chunk.usageOf, used)
  if ('hold' in result) return result
  const segments = assignments.flatMap((assignment) => chunk.segmentsOf(assignment))
  if (assignments.length > 1) segments.sort(byCodeAndTime)
  const hold = evidenceHold(result.bill, segments)
  return hold ? { hold } : { bill: result.bill, segments }
}

function byCodeAndTime(a: BillSegment, b: BillSegment): number {
  if (a.meteringPointCode !== b.meteringPointCode) return a.meteringPointCode < b.meteringPointCode ? -1 : 1
  return a.from.at < b.from.at ? -1 : 1
}

/** A bill whose readings do not add up to its quantity is not made: nobody could explain it. */
function evidenceHold(bill: AccountBill, segments: readonly { usage: string }[]): Hold | null {
  const read = segments.reduce((sum, { usage }) => sum + parseFixed(usage, QUANTITY_PLACES), 0n)
  if (read === bill.quantity) return null
  const text = (units: bigint) => trimDecimal(formatFixed(units, QUANTITY_PLACES))
  return {
    code: 'evidence_mismatch',
    meteringPointId: null,
    detail: { code: 'held.evidence_mismatch', usage: text(bill.quantity), read: text(read) },
  }
}
