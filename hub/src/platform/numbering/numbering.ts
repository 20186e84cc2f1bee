/**
 * Numbers of documents: one counter per project, kind and period. Call `takeNumber` in the transaction that stores the
 * document.
 */
import pg from 'pg'
import {
  frameOf,
  numberIn,
  periodOf,
  type NumberFrame,
  type NumberReset,
} from '@courtyard/protocols/numbering'
import { projectNotFound } from '../auth/user.ts'
import { numberKind, type NumberKind } from './kinds.ts'
import {
  findRule,
  lockCounter,
  lockForTaking,
  nextInPeriod,
  setCounter,
  takeSequence,
  takenNumbers,
  type RuleRow,
} from './numbering.repository.ts'

type Client = Pick<pg.ClientBase, 'query'>

export interface RuleInForce {
  readonly pattern: string
  readonly reset: NumberReset
  readonly frame: NumberFrame
  readonly period: string
  /** The pattern was changed at some time: numbers of another one may look the same. */
  readonly edited: boolean
}

export function ruleInForce(kind: NumberKind, row: RuleRow): RuleInForce {
  const pattern = row.pattern ?? kind.pattern
  const reset = row.reset ?? kind.reset
  return {
    pattern,
    reset,
    frame: frameOf(pattern, row),
    period: periodOf(reset, row.day),
    edited: row.version > 0,
  }
}

interface Wanted {
  readonly kind: string
  readonly projectId: string
  /** The day of this instant, in the project's time zone, is in the number. */
  readonly at: Date
}

/**
 * The next number of a gap-free kind. Others who want one wait until this transaction ends; a rollback gives it back.
 * @throws AppError `project.not_found`
 */
export async function takeNumber(client: Client, wanted: Wanted): Promise<string> {
  const [number] = await takeNumbers(client, wanted, 1)
  return number!
}

/** As many in one go, in order. */
export async function takeNumbers(client: Client, wanted: Wanted, count: number): Promise<string[]> {
  const kind = numberKind(wanted.kind)
  const rule = await ruleFor(client, kind, wanted)
  const key = { projectId: wanted.projectId, kind: wanted.kind, period: rule.period }
  if (mayBeTaken(kind, rule)) {
    const from = await lockCounter(client, key)
    const { numbers, next } = await freeNumbers(client, kind, wanted.projectId, rule.frame, { from, count })
    await setCounter(client, key, next)
    return numbers
  }
  const first = await takeSequence(client, key, count)
  return Array.from({ length: count }, (_, at) => numberIn(rule.frame, first + BigInt(at)))
}

const WIDEST_LOOK = 5_000

interface Free {
  readonly numbers: string[]
  /** Where the counter goes on after them. */
  readonly next: bigint
}

/** Passes over numbers that documents have already; looks further ahead the longer it finds none. */
async function freeNumbers(
  client: Client,
  kind: NumberKind,
  projectId: string,
  frame: NumberFrame,
  { from, count }: { readonly from: bigint; readonly count: number },
): Promise<Free> {
  const numbers: string[] = []
  let next = from
  for (let look = count; numbers.length < count; look = Math.min(look * 4, WIDEST_LOOK)) {
    const candidates = Array.from({ length: look }, (_, at) => numberIn(frame, next + BigInt(at)))
    const taken = await takenNumbers(client, kind.table, projectId, candidates)
    for (const number of candidates) {
      if (numbers.length === count) break
      next += 1n
      if (!taken.has(number)) numbers.push(number)
    }
  }
  return { numbers, next }
}

/** What the next document would get now; somebody may be quicker. */
export async function peekNumber(
  client: Client,
  kind: NumberKind,
  projectId: string,
  rule: RuleInForce,
): Promise<string> {
  const from = await nextInPeriod(client, { projectId, kind: kind.key, period: rule.period })
  if (!mayBeTaken(kind, rule)) return numberIn(rule.frame, from)
  const { numbers } = await freeNumbers(client, kind, projectId, rule.frame, { from, count: 1 })
  return numbers[0]!
}

/** Numbers of an unchanged pattern that nobody types follow from the counter alone. */
function mayBeTaken(kind: NumberKind, rule: RuleInForce): boolean {
  return kind.typed === true || rule.edited
}

async function ruleFor(client: Client, kind: NumberKind, { projectId, at }: Wanted): Promise<RuleInForce> {
  await lockForTaking(client, projectId, kind.key)
  const row = await findRule(client, projectId, kind.key, at)
  if (!row) throw projectNotFound(projectId)
  return ruleInForce(kind, row)
}

/**
 * Numbers of a kind that may have gaps, taken at once on a connection of their own: nobody waits for the caller's
 * transaction, and what that rolls back is not given again.
 * @throws AppError `project.not_found`
 */
export async function takeNumbersAtOnce(
  databaseUrl: string,
  wanted: Wanted,
  count: number,
): Promise<string[]> {
  // Not from the pool: the caller holds one of its connections already, and all of them may be held so
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    await client.query('BEGIN')
    const numbers = await takeNumbers(client, wanted, count)
    await client.query('COMMIT')
    return numbers
  } finally {
    // An unfinished transaction ends with its connection
    await client.end()
  }
}

/** By the kind's own rule: in the transaction, or at once. */
export function takeNumbersFor(
  client: Client,
  databaseUrl: string,
  wanted: Wanted,
  count: number,
): Promise<string[]> {
  return numberKind(wanted.kind).gapFree
    ? takeNumbers(client, wanted, count)
    : takeNumbersAtOnce(databaseUrl, wanted, count)
}
