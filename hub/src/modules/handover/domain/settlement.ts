/** Whether a room may go to another owner with what is still unpaid. */
import type { Settlement } from '@courtyard/protocols/contract'
import type { HandoverReason } from '../reasons.ts'

export interface SettlementFacts {
  /** Sum of the old account's unpaid bills now, decimal text. */
  readonly unpaidAmount: string
  /** What the person saw when he decided. */
  readonly seenAmount: string
  readonly settlement: Settlement
  /** The new owner goes on with the old account. */
  readonly sameAccount: boolean
  readonly sameOwner: boolean
}

/** Bills are never lost on the way: either nothing is due, or somebody says who pays. */
export function settlementRefused(facts: SettlementFacts): HandoverReason | null {
  if (facts.sameOwner) return { code: 'ownerChange.same_owner' }
  const unpaid = cents(facts.unpaidAmount)
  if (unpaid !== cents(facts.seenAmount))
    return { code: 'ownerChange.amount_changed', amount: facts.unpaidAmount }
  if (unpaid > 0n && facts.settlement === 'nothingDue') {
    return { code: 'ownerChange.unpaid', amount: facts.unpaidAmount }
  }
  if (unpaid === 0n && facts.settlement !== 'nothingDue') return { code: 'ownerChange.nothing_due' }
  // The bills hang on the account: they go with it, and stay without it
  if (facts.settlement === 'takenOver' && !facts.sameAccount) return { code: 'ownerChange.needs_account' }
  if (facts.settlement === 'staysWithSeller' && facts.sameAccount)
    return { code: 'ownerChange.needs_new_account' }
  return null
}

function cents(amount: string): bigint {
  const [whole, part = ''] = amount.split('.')
  return BigInt(whole! + part.padEnd(2, '0').slice(0, 2))
}
