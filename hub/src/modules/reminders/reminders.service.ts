import type { Reminder, RouteBody } from '@courtyard/protocols/contract'
import type { Audit } from '../../platform/audit/audit.ts'
import type { CurrentUser } from '../../platform/auth/user.ts'
import { fail, invalidInput } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import { tellBrowsers } from '../../platform/notify/outbox.repository.ts'
import { findReminderSource } from '../../platform/reminders/source.ts'
import { localTextOf } from '../../platform/resource/local-time.ts'
import { daysBetweenDays } from './domain/steps.ts'
import { reminderErrors } from './errors.ts'
import { changeState, visibleReminder, type ShownReminder, type StateChange } from './reminders.repository.ts'

type Act = RouteBody<'POST /api/reminders/:id/act'>

/** @throws AppError `reminder.not_found`, `reminder.changed`, `reminder.refused`, `input.invalid` */
export async function actOnReminder(
  hub: Hub,
  { user, audit }: { user: CurrentUser; audit: Audit },
  id: string,
  act: Act,
): Promise<Reminder> {
  return hub.db.transaction(async (tx) => {
    const row = await visibleReminder(tx, user, id, true)
    if (!row) throw fail(reminderErrors.notFound, 'There is no such reminder', { id })
    if (row.version !== act.version) {
      throw fail(reminderErrors.changed, 'Somebody has changed this meanwhile; look at it again')
    }
    const change = changeOf(row, act, user, hub.clock.now())
    await changeState(tx, id, change)
    await audit(tx, {
      ...{ action: `reminder.${act.action}`, entity: 'reminder', entityId: id, projectId: row.projectId },
      before: { state: row.state, snoozedUntil: row.snoozedUntil },
      after: { state: change.state, snoozedUntil: change.snoozedUntil ?? null, note: change.note ?? null },
    })
    await tellBrowsers(tx, [user.id])
    return reminderOf((await visibleReminder(tx, user, id))!, hub.clock.now())
  })
}

function changeOf(row: ShownReminder, act: Act, user: CurrentUser, now: Date): StateChange {
  const waits = row.state === 'open' || row.state === 'snoozed'
  const note = act.note || null
  const closed = { closedAt: now, closedById: user.id, closedBy: user.displayName, note }
  // What the record itself no longer asks for can not be opened by hand
  if (act.action === 'reopen' ? row.state === 'open' || row.state === 'over' : !waits) {
    throw fail(reminderErrors.refused, `It is ${row.state}`, { state: row.state })
  }
  switch (act.action) {
    case 'handle':
      return { ...closed, state: 'handled' }
    case 'dismiss':
      return { ...closed, state: 'dismissed' }
    case 'reopen':
      return { state: 'open', note: note ?? row.note }
    case 'snooze': {
      if (act.until! <= todayOf(row.timeZone, now)) {
        throw invalidInput('The day is past', [{ path: 'until', reason: { code: 'reminder.past_day' } }])
      }
      return { state: 'snoozed', snoozedUntil: act.until!, note }
    }
  }
}

const todayOf = (timeZone: string, now: Date) => localTextOf(now.toISOString(), timeZone).slice(0, 10)

export function reminderOf(row: ShownReminder, now: Date): Reminder {
  const { id, projectId, rule, title, link, dueOn, state, snoozedUntil, note, closedBy, people, version } =
    row
  const source = findReminderSource(row.source)
  const unknown = { zh: row.source, en: row.source }
  return {
    ...{ id, projectId, rule, title, link, dueOn, state, snoozedUntil, note, closedBy, people, version },
    source: {
      key: row.source,
      label: { ...(source?.label ?? unknown) },
      dateLabel: { ...(source?.dateLabel ?? unknown) },
    },
    daysLeft: daysBetweenDays(todayOf(row.timeZone, now), dueOn),
    openedAt: row.openedAt.toISOString(),
    escalatedAt: row.escalatedAt?.toISOString() ?? null,
    closedAt: row.closedAt?.toISOString() ?? null,
  }
}
