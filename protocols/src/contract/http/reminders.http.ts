/** Reminders: what is due, and the rules by which people are told. */
import * as z from 'zod'
import { MessagePriority, OutsideChannel } from '../messages.ts'
import { Day, Done, Id, Instant, idParams, type RouteTable } from './route.ts'

const label = z.object({ zh: z.string(), en: z.string() })
const version = z.number().int()

/** Who is told: a role of the project, people, who the record belongs to, or the head of their department. */
export const ReminderRecipient = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('role'), role: z.string().min(1).max(60) }),
  z.strictObject({ kind: z.literal('people'), ids: z.array(Id).min(1).max(50) }),
  z.strictObject({ kind: z.literal('responsible') }),
  z.strictObject({ kind: z.literal('departmentHead') }),
])
export type ReminderRecipient = z.infer<typeof ReminderRecipient>

export const ReminderState = z.enum(['open', 'snoozed', 'handled', 'dismissed', 'over'])
export type ReminderState = z.infer<typeof ReminderState>

export const Reminder = z.object({
  id: Id,
  projectId: Id,
  source: z.object({ key: z.string(), label, dateLabel: label }),
  rule: z.string(),
  title: z.string(),
  /** Page of what it is about. */
  link: z.string().nullable(),
  dueOn: Day,
  /** Until the date; negative after it. */
  daysLeft: z.number().int(),
  state: ReminderState,
  snoozedUntil: Day.nullable(),
  note: z.string().nullable(),
  openedAt: Instant,
  /** It went on to those above, because nobody had handled it. */
  escalatedAt: Instant.nullable(),
  closedAt: Instant.nullable(),
  closedBy: z.string().nullable(),
  /** Names of those who were told. */
  people: z.array(z.string()),
  version,
})
export type Reminder = z.infer<typeof Reminder>

export const ReminderSourceView = z.object({
  key: z.string(),
  label,
  /** What its date means. */
  dateLabel: label,
  /** Whether its records belong to somebody. */
  hasResponsible: z.boolean(),
  /** What a rule can narrow it down by. */
  fields: z.array(
    z.object({ name: z.string(), label, choices: z.array(z.object({ value: z.string(), label })) }),
  ),
})
export type ReminderSourceView = z.infer<typeof ReminderSourceView>

export const ReminderRuleContent = z
  .object({
    /** Null: in all projects. */
    projectId: Id.nullable(),
    source: z.string().max(60),
    name: z.string().trim().min(1).max(80),
    enabled: z.boolean(),
    /** Days before the date; 0 on the day, negative after it. */
    stepsDays: z.array(z.number().int().min(-365).max(365)).min(1).max(10),
    /** After the last step again every so many days. */
    repeatDays: z.number().int().min(1).max(90).nullable(),
    conditions: z.record(z.string().max(40), z.array(z.string().max(60)).max(30)).default({}),
    recipients: z.array(ReminderRecipient).min(1).max(10),
    /** Days after which it goes on to `escalateTo` when nobody has handled it. */
    escalateDays: z.number().int().min(1).max(90).nullable(),
    escalateTo: z.array(ReminderRecipient).max(10),
    /** Beside the app. */
    channels: z.array(OutsideChannel).max(4),
    priority: MessagePriority,
  })
  .refine(({ escalateDays, escalateTo }) => escalateDays === null || escalateTo.length > 0, {
    path: ['escalateTo'],
  })
export type ReminderRuleContent = z.infer<typeof ReminderRuleContent>

export const ReminderRule = z.object({
  id: Id,
  content: ReminderRuleContent,
  sourceLabel: label,
  builtin: z.boolean(),
  /** Reminders of it that are open. */
  open: z.number().int(),
  /** Id → name, of people that it names. */
  names: z.record(z.string(), z.string()),
  version,
})
export type ReminderRule = z.infer<typeof ReminderRule>

const ruleBody = z.object({ version, content: ReminderRuleContent })

export const remindersRoutes = {
  'GET /api/reminders': {
    summary: 'Reminders for me; open ones soonest due first, done ones newest first',
    query: z.object({
      state: z.enum(['open', 'snoozed', 'done']).default('open'),
      /** `project`: those of everybody, of the project named. */
      whose: z.enum(['mine', 'project']).default('mine'),
      projectId: Id.optional(),
      source: z.string().max(60).optional(),
      q: z.string().trim().max(100).optional(),
      cursor: z.string().max(100).optional(),
      limit: z.coerce.number().int().min(1).max(100).default(30),
    }),
    response: z.object({ items: z.array(Reminder), nextCursor: z.string().nullable() }),
  },
  'GET /api/reminders/count': {
    summary: 'How many are open for me, and how many of them past their date',
    response: z.object({ open: z.number().int(), overdue: z.number().int() }),
  },
  'POST /api/reminders/:id/act': {
    summary: 'Handle, put off, dismiss or open a reminder again',
    params: idParams,
    body: z
      .object({
        version,
        action: z.enum(['handle', 'snooze', 'dismiss', 'reopen']),
        /** Of `snooze`: the first day on which it is shown again. */
        until: Day.optional(),
        note: z.string().trim().max(500).default(''),
      })
      .refine(({ action, until }) => action !== 'snooze' || until !== undefined, { path: ['until'] })
      .refine(({ action, note }) => action !== 'dismiss' || note !== '', { path: ['note'] }),
    response: Reminder,
  },
  'GET /api/reminder-sources': { summary: 'What people can be reminded of, and roles that can be told', response: z.object({ sources: z.array(ReminderSourceView), roles: z.array(z.object({ code: z.string(), label })) }) },
  'GET /api/reminder-rules': {
    summary: 'Rules of a project and those of all',
    query: z.object({ projectId: Id.optional() }),
    response: z.array(ReminderRule),
  },
  'POST /api/reminder-rules': { summary: 'Make a rule', body: z.object({ content: ReminderRuleContent }), response: ReminderRule },
  'PUT /api/reminder-rules/:id': { summary: 'Change a rule', params: idParams, body: ruleBody, response: ReminderRule },
  'POST /api/reminder-rules/:id/archive': { summary: 'Remove a rule; its open reminders end', params: idParams, body: z.object({ version }), response: Done },
  'POST /api/reminders/look': {
    summary: 'Look through the records of a project now',
    body: z.object({ projectId: Id }),
    response: z.object({ opened: z.number().int(), told: z.number().int() }),
  },
} as const satisfies RouteTable // prettier-ignore
