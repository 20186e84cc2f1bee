import type { ReminderSourceView } from '@courtyard/protocols/contract'
import { roleLabel } from '../../platform/auth/role-label.ts'
import { hasPermission, requireProject, requireWholeProject } from '../../platform/auth/user.ts'
import { fail, platformErrors } from '../../platform/errors.ts'
import { route } from '../../platform/http/route.ts'
import type { HubApp } from '../../platform/module.ts'
import { allReminderSources, type ReminderSource } from '../../platform/reminders/source.ts'
import { knownRoles } from '../../platform/workflow/directory.repository.ts'
import { reminderErrors } from './errors.ts'
import { lookThrough } from './look.service.ts'
import {
  countReminders,
  listReminders,
  projectsToLookAt,
  type ShownReminder,
} from './reminders.repository.ts'
import { actOnReminder, reminderOf } from './reminders.service.ts'
import { changeRule, createRule, removeRule, rulesFor } from './rules.service.ts'

/** Everyone has reminders: whose they are is looked at where they are read. */
const anyone = { permission: 'signedIn' } as const
const manage = { permission: 'reminders.manage' } as const

export function addReminderRoutes(app: HubApp): void {
  route(app, 'GET /api/reminders', anyone, async ({ hub, user, query }) => {
    if (query.whose === 'project' && !hasPermission(user, 'reminders.read')) {
      throw fail(platformErrors.forbidden, 'Your role may not do this', { permission: 'reminders.read' })
    }
    if (query.projectId) requireProject(user, query.projectId)
    const done = query.state === 'done'
    const found = await listReminders(hub.db.pool, user, { ...query, after: placeOf(query.cursor, done) })
    const rows = found.slice(0, query.limit)
    const last = rows.at(-1)
    return {
      items: rows.map((row) => reminderOf(row, hub.clock.now())),
      nextCursor: found.length > query.limit && last ? cursorOf(last, done) : null,
    }
  })
  route(app, 'GET /api/reminders/count', anyone, ({ hub, user }) =>
    countReminders(hub.db.pool, user, hub.clock.now()),
  )
  route(app, 'POST /api/reminders/:id/act', anyone, ({ hub, user, audit, params, body }) =>
    actOnReminder(hub, { user, audit }, params.id, body),
  )
  addRuleRoutes(app)
}

function addRuleRoutes(app: HubApp): void {
  route(app, 'GET /api/reminder-sources', manage, async ({ hub }) => ({
    sources: allReminderSources().map(sourceOf),
    roles: (await knownRoles(hub.db.pool)).map(({ code, name }) => ({
      code,
      label: { ...roleLabel({ code, name }) },
    })),
  }))
  route(app, 'GET /api/reminder-rules', manage, ({ hub, user, query }) => {
    if (query.projectId) requireProject(user, query.projectId, 'reminders.manage')
    return rulesFor(hub, user, query.projectId)
  })
  route(app, 'POST /api/reminder-rules', manage, ({ hub, user, audit, body }) =>
    createRule(hub, { user, audit }, body.content),
  )
  route(app, 'PUT /api/reminder-rules/:id', manage, ({ hub, user, audit, params, body }) =>
    changeRule(hub, { user, audit }, params.id, body.version, body.content),
  )
  route(app, 'POST /api/reminder-rules/:id/archive', manage, async ({ hub, user, audit, params, body }) => {
    await removeRule(hub, { user, audit }, params.id, body.version)
    return { ok: true as const }
  })
  route(app, 'POST /api/reminders/look', { ...manage, perMinute: 10 }, async ({ hub, user, body }) => {
    requireWholeProject(user, body.projectId, 'reminders.manage')
    const [project] = await projectsToLookAt(hub.db.pool, body.projectId)
    if (!project) throw fail(platformErrors.projectNotFound, 'There is no such project')
    return lookThrough(hub, project)
  })
}

const cursorOf = (row: ShownReminder, done: boolean) =>
  `${done ? row.closedAt!.getTime() : row.dueOn}.${row.id}`

/** @throws AppError `reminder.cursor_invalid` */
function placeOf(cursor: string | undefined, done: boolean): { at: string; id: string } | null {
  if (cursor === undefined) return null
  const match = /^(\d{1,15}|\d{4}-\d\d-\d\d)\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(cursor)
  const [, at = '', id = ''] = match ?? []
  if (!match || done === at.includes('-')) throw fail(reminderErrors.cursorInvalid, 'The cursor is not valid')
  return { at: done ? new Date(Number(at)).toISOString() : at, id }
}

function sourceOf({
  key,
  label,
  dateLabel,
  hasResponsible,
  fields = {},
}: ReminderSource): ReminderSourceView {
  return {
    ...{ key, label: { ...label }, dateLabel: { ...dateLabel }, hasResponsible },
    fields: Object.entries(fields).map(([name, field]) => ({
      name,
      label: { ...field.label },
      choices: Object.entries(field.choices).map(([value, text]) => ({ value, label: { ...text } })),
    })),
  }
}
