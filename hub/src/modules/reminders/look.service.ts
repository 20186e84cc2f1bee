/**
 * Looks through the records of a project and tells people. Each reminder is a transaction of its own: who was told
 * which step is written with the message, so a process that dies anywhere has told it or will tell it, never both.
 */
import type { PoolClient } from 'pg'
import type { Candidate, ReminderRecipient } from '@courtyard/protocols/contract'
import { auditAsSystem } from '../../platform/audit/audit.ts'
import type { Hub } from '../../platform/module.ts'
import { notify } from '../../platform/notify/index.ts'
import {
  findReminderSource,
  type ReminderRecord,
  type ReminderSource,
} from '../../platform/reminders/source.ts'
import { localTextOf } from '../../platform/resource/local-time.ts'
import { administrators, peopleFor } from '../../platform/workflow/directory.repository.ts'
import { addDays, daysBetweenDays, horizonDays, meets, stepDue } from './domain/steps.ts'
import { inDays } from './domain/when.ts'
import {
  addPeople,
  changeState,
  closeSettled,
  fire,
  markEscalated,
  noteLook,
  takeReminder,
  type ProjectOfLook,
  type ReminderRow,
} from './reminders.repository.ts'
import { rulesInForce, type RuleRow } from './rules.repository.ts'
import { dueTemplate, escalatedTemplate } from './templates.ts'

export interface Look {
  readonly hub: Hub
  readonly project: ProjectOfLook
  /** In the project's time zone. */
  readonly today: string
  readonly now: Date
}

export interface LookOutcome {
  opened: number
  /** Messages to people. */
  told: number
}

export function lookOf(hub: Hub, project: ProjectOfLook): Look {
  const now = hub.clock.now()
  return { hub, project, now, today: localTextOf(now.toISOString(), project.timeZone).slice(0, 10) }
}

/**
 * One source that fails does not keep the others from being looked through.
 * @throws what the first of them threw; the day then counts as not looked through
 */
export async function lookThrough(
  hub: Hub,
  project: ProjectOfLook,
  signal?: AbortSignal,
): Promise<LookOutcome> {
  const look = lookOf(hub, project)
  const outcome: LookOutcome = { opened: 0, told: 0 }
  const faults: unknown[] = []
  for (const rule of await rulesInForce(hub.db.pool, project.id)) {
    const source = findReminderSource(rule.source)
    // Of a module that is no longer there
    if (!source) continue
    try {
      await lookByRule(look, rule, source, outcome, signal)
    } catch (error) {
      hub.log.error({ err: error, module: 'reminders', rule: rule.id, source: source.key }, 'a rule failed')
      faults.push(error)
    }
  }
  if (faults.length > 0) throw faults[0]
  await noteLook(hub.db.pool, project.id, look.today, look.now, outcome.opened)
  return outcome
}

async function lookByRule(
  look: Look,
  rule: RuleRow,
  source: ReminderSource,
  outcome: LookOutcome,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { hub, project, now, today } = look
  const untilDay = addDays(today, horizonDays(rule))
  const scope = { projectId: project.id, timeZone: project.timeZone, now, untilDay }
  const records = (await source.find(hub.db.pool, scope)).filter(({ values }) =>
    meets(rule.conditions, values),
  )
  for (const record of records) {
    signal?.throwIfAborted()
    const step = stepDue(rule, daysBetweenDays(today, record.dueOn))
    if (step === null) continue
    await hub.db.transaction((tx) => remindOf({ ...look, tx, rule, source, record, outcome }, step))
  }
  await hub.db.transaction((tx) => closeSettled(tx, rule.id, project.id, records, now))
}

interface Scene extends Look {
  readonly tx: PoolClient
  readonly rule: RuleRow
  readonly source: ReminderSource
  readonly record: ReminderRecord
  readonly outcome: LookOutcome
}

async function remindOf(scene: Scene, step: string): Promise<void> {
  const { tx, rule, project, record, outcome, now, today } = scene
  const reminder = await takeReminder(tx, rule, project.id, record, now)
  if (reminder.isNew) outcome.opened++
  const again =
    reminder.state === 'snoozed' && reminder.snoozedUntil !== null && reminder.snoozedUntil <= today
  if (again) await changeState(tx, reminder.id, { state: 'open', note: reminder.note })
  if (reminder.state !== 'open' && !again) return
  const people = await peopleOf(scene, rule.recipients)
  await addPeople(tx, reminder.id, people, false)
  // Who put it off is told when the time has come, whatever the step
  await tell(scene, reminder, again ? `again:${today}` : step, people, dueTemplate.key, {})
  await escalate(scene, reminder)
}

async function escalate(scene: Scene, reminder: ReminderRow): Promise<void> {
  const { tx, rule, project, today, now } = scene
  if (rule.escalateDays === null || reminder.escalatedAt !== null) return
  const openedOn = localTextOf(reminder.openedAt.toISOString(), project.timeZone).slice(0, 10)
  const days = daysBetweenDays(openedOn, today)
  if (days < rule.escalateDays) return
  const people = await peopleOf(scene, rule.escalateTo)
  await addPeople(tx, reminder.id, people, true)
  await tell(scene, reminder, 'escalated', people, escalatedTemplate.key, { days })
  await markEscalated(tx, reminder.id, now)
  await auditAsSystem('reminders')(tx, {
    ...{ action: 'reminder.escalate', entity: 'reminder', entityId: reminder.id, projectId: project.id },
    after: { title: reminder.title, days, people },
  })
}

async function tell(
  scene: Scene,
  reminder: ReminderRow,
  step: string,
  people: readonly string[],
  template: string,
  more: Readonly<Record<string, number>>,
): Promise<void> {
  const { hub, tx, rule, source, record, project, today, now, outcome } = scene
  const untold = await fire(tx, reminder.id, step, people, now)
  if (untold.length === 0) return
  await notify(hub, tx, {
    template,
    to: [{ kind: 'users', ids: untold }],
    variables: {
      kind: source.label,
      title: record.title,
      day: record.dueOn,
      when: inDays(daysBetweenDays(today, record.dueOn)),
      project: project.name,
      ...more,
    },
    projectId: project.id,
    priority: rule.priority,
    channels: rule.channels,
    link: record.link ?? '/reminders',
  })
  outcome.told += untold.length
}

/** In the project; when nobody fits, the administrators: something that is due is not told to nobody. */
async function peopleOf(
  { tx, project, record, now }: Scene,
  recipients: readonly ReminderRecipient[],
): Promise<string[]> {
  const responsible = record.responsibleIds ?? []
  const context = (starterId: string) => ({ projectId: project.id, starterId, now })
  const ids = new Set<string>()
  for (const recipient of recipients) {
    const candidate = candidateOf(recipient)
    const starters =
      recipient.kind === 'responsible' || recipient.kind === 'departmentHead' ? responsible : [NOBODY]
    for (const starterId of starters) {
      for (const id of await peopleFor(tx, [candidate], context(starterId))) ids.add(id)
    }
  }
  return ids.size > 0 ? [...ids].sort() : administrators(tx, context(NOBODY))
}

/** Roles and named people do not depend on whose the record is. */
const NOBODY = '00000000-0000-0000-0000-000000000000'

function candidateOf(recipient: ReminderRecipient): Candidate {
  return recipient.kind === 'responsible' ? { kind: 'starter' } : recipient
}
