/** The rules of a project and the next number of each kind. */
import type pg from 'pg'
import type { NumberRule, RouteResponse } from '@courtyard/protocols/contract'
import { faultsOfPattern, type NumberReset } from '@courtyard/protocols/numbering'
import type { Audit } from '../../platform/audit/audit.ts'
import { projectNotFound, requireWholeProject, type CurrentUser } from '../../platform/auth/user.ts'
import { fail, invalidInput } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import {
  findRule,
  lockForChange,
  nextInPeriod,
  numberKind,
  numberKinds,
  numberingErrors,
  peekNumber,
  ruleInForce,
  saveRule,
  type NumberKind,
  type NumberingReason,
  type RuleRow,
} from '../../platform/numbering/index.ts'

const MANAGE = 'numbering.manage'
type Client = Pick<pg.ClientBase, 'query'>

/** @throws AppError `project.not_found`, `auth.part_of_project` */
export async function listRules(
  hub: Hub,
  user: CurrentUser,
  projectId: string,
): Promise<RouteResponse<'GET /api/number-rules'>> {
  requireWholeProject(user, projectId, MANAGE)
  const { pool } = hub.db
  const now = hub.clock.now()
  const rows: { kind: NumberKind; row: RuleRow }[] = []
  for (const kind of numberKinds()) rows.push({ kind, row: await known(pool, projectId, kind.key, now) })
  const { projectCode, day } = rows[0]!.row
  const rules = await Promise.all(rows.map(({ kind, row }) => viewOf(pool, projectId, kind, row)))
  return { projectCode, day, rules }
}

interface Change {
  readonly version: number
  readonly pattern: string
  readonly reset: NumberReset
}

/**
 * From now on numbers are made so. A period that has a counter goes on with it; whatever stands on a document already is
 * passed over.
 * @throws AppError `input.invalid`, `numbering.changed`, `numbering.unknown_kind`, `project.not_found`
 */
export async function changeRule(
  hub: Hub,
  { user, audit }: { readonly user: CurrentUser; readonly audit: Audit },
  { projectId, kind: key }: { readonly projectId: string; readonly kind: string },
  change: Change,
): Promise<NumberRule> {
  requireWholeProject(user, projectId, MANAGE)
  const kind = numberKind(key)
  requireSound(change)
  const now = hub.clock.now()
  await hub.db.transaction(async (tx) => {
    await lockForChange(tx, projectId, key)
    const before = await known(tx, projectId, key, now)
    if (before.version !== change.version) {
      throw fail(numberingErrors.changed, 'Somebody has changed this meanwhile; look at it again')
    }
    const { pattern, reset } = change
    const version = before.version + 1
    await saveRule(tx, { projectId, kind: key, pattern, reset, version, by: user.displayName, at: now })
    const inForce = ruleInForce(kind, before)
    await audit(tx, {
      action: 'numbering.change',
      entity: 'numberRule',
      entityId: key,
      projectId,
      before: { pattern: inForce.pattern, reset: inForce.reset },
      after: { pattern, reset },
    })
  })
  return viewOf(hub.db.pool, projectId, kind, await known(hub.db.pool, projectId, key, now))
}

function requireSound({ pattern, reset }: Change): void {
  const faults: NumberingReason[] = faultsOfPattern(pattern, reset)
  if (faults.length === 0) return
  throw invalidInput(
    'The pattern is not valid',
    faults.map((reason) => ({ path: 'pattern', reason })),
  )
}

async function known(client: Client, projectId: string, kind: string, at: Date): Promise<RuleRow> {
  const row = await findRule(client, projectId, kind, at)
  if (!row) throw projectNotFound(projectId)
  return row
}

async function viewOf(
  client: Client,
  projectId: string,
  kind: NumberKind,
  row: RuleRow,
): Promise<NumberRule> {
  const rule = ruleInForce(kind, row)
  const { pattern, reset, period } = rule
  const next = await nextInPeriod(client, { projectId, kind: kind.key, period })
  return {
    kind: kind.key,
    label: { ...kind.label },
    pattern,
    reset,
    builtin: { pattern: kind.pattern, reset: kind.reset },
    gapFree: kind.gapFree,
    version: row.version,
    next: await peekNumber(client, kind, projectId, rule),
    given: (next - 1n).toString(),
    changedAt: row.changedAt?.toISOString() ?? null,
    changedBy: row.changedBy,
  }
}
