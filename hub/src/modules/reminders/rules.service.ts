import type { ReminderRecipient, ReminderRule, ReminderRuleContent } from '@courtyard/protocols/contract'
import type { PoolClient } from 'pg'
import type { Audit } from '../../platform/audit/audit.ts'
import { hasEverywhere, requireWholeProject, type CurrentUser } from '../../platform/auth/user.ts'
import { fail, invalidInput, platformErrors, type InputFault } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import { allReminderSources, findReminderSource, remindSoon } from '../../platform/reminders/source.ts'
import { reminderErrors } from './errors.ts'
import type { ReminderReason } from './reasons.ts'
import { closeAllOf, projectsToLookAt } from './reminders.repository.ts'
import {
  archiveRule,
  findRule,
  insertRule,
  knownRecipients,
  listRules,
  updateRule,
  type RuleRow,
} from './rules.repository.ts'

interface Actor {
  readonly user: CurrentUser
  readonly audit: Audit
}

export async function rulesFor(
  hub: Hub,
  user: CurrentUser,
  projectId: string | undefined,
): Promise<ReminderRule[]> {
  const rows = await listRules(hub.db.pool, user, projectId)
  const ids = rows.flatMap((row) => peopleIn([...row.recipients, ...row.escalateTo]))
  const { people } = await knownRecipients(hub.db.pool, ids, [])
  return rows.map((row) => viewOf(row, row.open, people))
}

/** @throws AppError `input.invalid`, `project.not_found`, `auth.forbidden` */
export async function createRule(
  hub: Hub,
  actor: Actor,
  content: ReminderRuleContent,
): Promise<ReminderRule> {
  requireMayKeep(actor.user, content.projectId)
  const id = await hub.db.transaction(async (tx) => {
    await requireMeaning(tx, content)
    const made = await insertRule(tx, content, actor.user.id, hub.clock.now(), null)
    await actor.audit(tx, entry('create', made!, content.projectId, undefined, content))
    return made!
  })
  return changed(hub, id, [content.projectId])
}

/** @throws AppError `reminder.rule_not_found`, `reminder.changed` and as `createRule` */
export async function changeRule(
  hub: Hub,
  actor: Actor,
  id: string,
  version: number,
  content: ReminderRuleContent,
): Promise<ReminderRule> {
  requireMayKeep(actor.user, content.projectId)
  const before = await hub.db.transaction(async (tx) => {
    const row = await lockedRule(tx, actor.user, id, version)
    await requireMeaning(tx, content)
    await updateRule(tx, id, content, actor.user.id, hub.clock.now())
    // What it asked for before is looked at anew
    if (row.source !== content.source || row.projectId !== content.projectId || !content.enabled) {
      await closeAllOf(tx, id, hub.clock.now())
    }
    await actor.audit(tx, entry('change', id, content.projectId, contentOf(row), content))
    return row
  })
  return changed(hub, id, [before.projectId, content.projectId])
}

/** @throws AppError `reminder.rule_not_found`, `reminder.changed` */
export async function removeRule(hub: Hub, actor: Actor, id: string, version: number): Promise<void> {
  await hub.db.transaction(async (tx) => {
    const row = await lockedRule(tx, actor.user, id, version)
    await archiveRule(tx, id, actor.user.id, hub.clock.now())
    await closeAllOf(tx, id, hub.clock.now())
    await actor.audit(tx, entry('archive', id, row.projectId, contentOf(row), undefined))
  })
}

/** Rules that an installation starts with; one that was changed or removed stays so. */
export async function seedRules(hub: Hub): Promise<void> {
  await hub.db.transaction(async (tx) => {
    for (const { key, label, hasResponsible, rule } of allReminderSources()) {
      const roles = rule.roles.map((role) => ({ kind: 'role' as const, role }))
      const content: ReminderRuleContent = {
        ...{ projectId: null, source: key, name: label.zh, enabled: true, conditions: {} },
        ...{ stepsDays: [...rule.stepsDays], repeatDays: rule.repeatDays },
        recipients: hasResponsible ? [{ kind: 'responsible' }, ...roles] : roles,
        escalateDays: rule.escalateDays,
        escalateTo: rule.escalateRoles.map((role) => ({ kind: 'role', role })),
        ...{ channels: [], priority: 'normal' },
      }
      await insertRule(tx, content, null, hub.clock.now(), key)
    }
  })
}

function entry(verb: string, id: string, projectId: string | null, before: unknown, after: unknown) {
  return { action: `reminderRule.${verb}`, entity: 'reminderRule', entityId: id, projectId, before, after }
}

/** A rule of all projects is edited by who keeps all of them, one of a project by who keeps the whole of it. */
function requireMayKeep(user: CurrentUser, projectId: string | null): void {
  if (projectId !== null) return requireWholeProject(user, projectId, 'reminders.manage')
  if (hasEverywhere(user, 'reminders.manage')) return
  throw fail(platformErrors.forbidden, 'This rule is that of all projects: only who keeps all may change it')
}

async function lockedRule(tx: PoolClient, user: CurrentUser, id: string, version: number): Promise<RuleRow> {
  const row = await findRule(tx, id, true)
  if (!row) throw fail(reminderErrors.ruleNotFound, 'There is no such rule', { id })
  requireMayKeep(user, row.projectId)
  if (row.version !== version) {
    throw fail(reminderErrors.changed, 'Somebody has changed this meanwhile; look at it again')
  }
  return row
}

async function changed(hub: Hub, id: string, projectIds: readonly (string | null)[]): Promise<ReminderRule> {
  const everywhere = projectIds.includes(null)
  const concerned = everywhere
    ? (await projectsToLookAt(hub.db.pool, null)).map((project) => project.id)
    : projectIds.filter((one) => one !== null)
  for (const projectId of new Set(concerned)) await remindSoon(hub, projectId)
  const row = await findRule(hub.db.pool, id)
  const ids = peopleIn([...row!.recipients, ...row!.escalateTo])
  return viewOf(row!, 0, (await knownRecipients(hub.db.pool, ids, [])).people)
}

async function requireMeaning(tx: PoolClient, content: ReminderRuleContent): Promise<void> {
  const source = findReminderSource(content.source)
  const faults: InputFault[] = []
  const refuse = (path: string, reason: ReminderReason) => faults.push({ path: `content.${path}`, reason })
  if (!source) refuse('source', { code: 'reminder.unknown_source' })
  for (const field of Object.keys(content.conditions)) {
    if (!source?.fields?.[field]) refuse('conditions', { code: 'reminder.unknown_field', field })
  }
  for (const path of ['recipients', 'escalateTo'] as const) {
    const list = content[path]
    const roles = list.flatMap((one) => (one.kind === 'role' ? [one.role] : []))
    const known = await knownRecipients(tx, peopleIn(list), roles)
    if (peopleIn(list).some((id) => !known.people.has(id))) refuse(path, { code: 'reminder.unknown_person' })
    if (roles.some((role) => !known.roles.has(role))) refuse(path, { code: 'reminder.unknown_role' })
    const needsOwner = list.some(({ kind }) => kind === 'responsible' || kind === 'departmentHead')
    if (needsOwner && !source?.hasResponsible) refuse(path, { code: 'reminder.no_responsible' })
  }
  if (faults.length > 0) throw invalidInput('The rule is not valid', faults)
}

const peopleIn = (list: readonly ReminderRecipient[]) =>
  list.flatMap((one) => (one.kind === 'people' ? one.ids : []))

function contentOf(row: RuleRow): ReminderRuleContent {
  const { projectId, source, name, enabled, stepsDays, repeatDays, conditions } = row
  const { recipients, escalateDays, escalateTo, channels, priority } = row
  return {
    ...{ projectId, source, name, enabled, stepsDays, repeatDays, conditions },
    ...{ recipients, escalateDays, escalateTo, channels, priority },
  }
}

function viewOf(row: RuleRow, open: number, people: ReadonlyMap<string, string>): ReminderRule {
  const ids = peopleIn([...row.recipients, ...row.escalateTo])
  return {
    ...{ id: row.id, content: contentOf(row), builtin: row.builtin !== null, open, version: row.version },
    sourceLabel: { ...(findReminderSource(row.source)?.label ?? { zh: row.source, en: row.source }) },
    names: Object.fromEntries(ids.map((id) => [id, people.get(id) ?? '—'])),
  }
}
