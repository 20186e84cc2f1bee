import { randomUUID } from 'node:crypto'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { ReminderRuleContent } from '@courtyard/protocols/contract'
import { manualClock } from '../../platform/clock.ts'
import { registerReminderSource, type ReminderRecord } from '../../platform/reminders/source.ts'
import { startTestHub, type TestClient, type TestHub } from '../../platform/testing.ts'
import { accountsModule } from '../accounts/index.ts'
import { estateModule } from '../estate/index.ts'
import { notificationsModule } from '../notifications/index.ts'
import { lookThrough } from './look.service.ts'
import { projectsToLookAt } from './reminders.repository.ts'
import { remindersModule } from './index.ts'

/** Records as a module would have them; the source is the real one of the test. */
let records: ReminderRecord[] = []
let fault: Error | null = null
registerReminderSource({
  key: 'test.contract',
  label: { zh: '合同到期', en: 'Contract' },
  dateLabel: { zh: '到期', en: 'ends' },
  hasResponsible: true,
  fields: { kind: { label: { zh: '类型', en: 'Kind' }, choices: { shop: { zh: '商铺', en: 'Shop' } } } },
  rule: { stepsDays: [30], repeatDays: null, roles: [], escalateDays: null, escalateRoles: [] },
  find: async (_, { untilDay }) => {
    if (fault) throw fault
    return records.filter(({ dueOn }) => dueOn <= untilDay)
  },
})

const clock = manualClock('2026-11-22T04:00:00Z')
let hub: TestHub
let root: TestClient
let projectId: string

beforeAll(async () => {
  hub = await startTestHub({
    modules: [accountsModule, estateModule, notificationsModule, remindersModule],
    clock,
    // One test makes a rule fail
    log: pino({ level: 'silent' }),
    // Weeks go by while people are signed in
    environment: { SESSION_HOURS: '720' },
  })
  root = await hub.as('administrator')
})
afterAll(() => hub.stop())
beforeEach(async () => {
  records = []
  fault = null
  clock.set('2026-11-22T04:00:00Z')
  projectId = (
    await hub.hub.db.prisma.project.create({
      data: { code: randomUUID().slice(0, 8), name: 'Lakeside', timeZone: 'Asia/Shanghai' },
    })
  ).id
})

const record = (dueOn: string, more: Partial<ReminderRecord> = {}): ReminderRecord => ({
  ...{ id: randomUUID(), title: 'Shop 12', dueOn, link: '/rooms/1' },
  ...more,
})

const rule = (more: Partial<ReminderRuleContent>) =>
  root.call('POST /api/reminder-rules', {
    body: {
      content: {
        ...{ projectId, source: 'test.contract', name: 'Contracts', enabled: true, stepsDays: [30, 7, 1] },
        ...{
          repeatDays: null,
          recipients: [{ kind: 'role', role: 'manager' }],
          escalateDays: null,
          escalateTo: [],
        },
        ...{ channels: [], priority: 'normal' },
        ...more,
      },
    },
  })

async function look() {
  const [project] = await projectsToLookAt(hub.hub.db.pool, projectId)
  return lookThrough(hub.hub, project!)
}

const subjects = async (of: TestClient) =>
  (await of.call('GET /api/messages')).items.map(({ subject }) => subject).reverse()
const mine = async (of: TestClient, state: 'open' | 'snoozed' | 'done' = 'open') =>
  (await of.call('GET /api/reminders', { query: { state } })).items

test('each step is told once to everybody concerned, whoever looks and however often', async () => {
  const manager = await hub.as('manager', [projectId])
  await rule({})
  records = [record('2026-12-22'), record('2027-02-01')]
  await Promise.all([look(), look(), look()])
  await look()
  expect(await subjects(manager)).toEqual(['合同到期：Shop 12，还有 30 天'])
  expect(await mine(manager)).toMatchObject([{ dueOn: '2026-12-22', daysLeft: 30, people: ['manager'] }])
  // One who comes later is told too; off for weeks, the last step alone is told
  const later = await hub.as('manager', [projectId])
  await look()
  clock.set('2026-12-21T04:00:00Z')
  await look()
  expect(await subjects(manager)).toEqual(['合同到期：Shop 12，还有 30 天', '合同到期：Shop 12，明天'])
  expect(await subjects(later)).toEqual(['合同到期：Shop 12，还有 30 天', '合同到期：Shop 12，明天'])
})

test('what dies in the middle is told afterwards, and nothing twice', async () => {
  const manager = await hub.as('manager', [projectId])
  await rule({})
  records = [record('2026-11-29', { title: 'A' }), record('2026-11-29', { title: 'B' })]
  // The second one breaks the pass after the first one is written
  const [broken] = records.splice(1, 1, record('2026-11-29', { title: 'B\0' }))
  await expect(look()).rejects.toThrow()
  expect(await subjects(manager)).toEqual(['合同到期：A，还有 7 天'])
  records[1] = broken!
  await look()
  expect((await subjects(manager)).sort()).toEqual(['合同到期：A，还有 7 天', '合同到期：B，还有 7 天'])
  expect((await projectsToLookAt(hub.hub.db.pool, projectId))[0]!.lastDay).toBe('2026-11-22')
})

test('nobody handles it: it goes on to those above, once', async () => {
  const [manager, engineer] = [await hub.as('manager', [projectId]), await hub.as('engineer', [projectId])]
  await rule({
    ...{ recipients: [{ kind: 'people', ids: [engineer.userId] }], escalateDays: 3 },
    ...{ escalateTo: [{ kind: 'role', role: 'manager' }], stepsDays: [7] },
  })
  records = [record('2026-11-29')]
  await look()
  clock.advance(2 * 86_400_000)
  await look()
  expect(await mine(manager)).toEqual([])
  clock.advance(86_400_000)
  await look()
  await look()
  expect(await subjects(manager)).toEqual(['3 天未处理：Shop 12'])
  const [reminder] = await mine(manager)
  expect(reminder!.escalatedAt).not.toBeNull()
  expect(await subjects(engineer)).toHaveLength(1)
})

test('handled, put off and dismissed: with a note, by one of two, and it stays so', async () => {
  const [manager, other] = [await hub.as('manager', [projectId]), await hub.as('manager', [projectId])]
  await rule({})
  records = [record('2026-11-29')]
  await look()
  const { id, version } = (await mine(manager))[0]!
  const act = (of: TestClient, body: object) =>
    of.call('POST /api/reminders/:id/act', { params: { id }, body: { version, ...body } as never })
  await expect(act(manager, { action: 'dismiss' })).rejects.toMatchObject({ code: 'input.invalid' })
  await expect(act(manager, { action: 'snooze', until: '2026-11-22' })).rejects.toMatchObject({
    code: 'input.invalid',
  })
  const snoozed = await act(manager, { action: 'snooze', until: '2026-11-24', note: 'waits for the lawyer' })
  expect(snoozed).toMatchObject({ state: 'snoozed', note: 'waits for the lawyer' })
  await expect(act(other, { action: 'handle' })).rejects.toMatchObject({ code: 'reminder.changed' })
  clock.set('2026-11-23T04:00:00Z')
  await look()
  expect(await mine(other)).toEqual([])
  clock.set('2026-11-24T04:00:00Z')
  await look()
  await look()
  expect(await subjects(other)).toHaveLength(2)
  const again = (await mine(other))[0]!
  await act(other, { action: 'handle', version: again.version, note: 'signed' })
  clock.set('2026-11-28T04:00:00Z')
  await look()
  expect(await mine(other)).toEqual([])
  expect(await mine(manager, 'done')).toMatchObject([
    { state: 'handled', note: 'signed', closedBy: 'manager' },
  ])
  const entries = await hub.hub.db.prisma.auditEntry.findMany({
    where: { entityId: id },
    orderBy: { id: 'asc' },
  })
  expect(entries.map(({ action }) => action)).toEqual(['reminder.snooze', 'reminder.handle'])
})

test('what the record no longer asks for is over; a new date is a new reminder', async () => {
  const manager = await hub.as('manager', [projectId])
  await rule({})
  const contract = record('2026-11-29')
  records = [contract]
  await look()
  records = [{ ...contract, dueOn: '2026-12-01' }]
  await look()
  expect(await mine(manager)).toMatchObject([{ dueOn: '2026-12-01' }])
  records = []
  await look()
  expect(await mine(manager)).toEqual([])
  expect((await mine(manager, 'done')).map(({ state }) => state)).toEqual(['over', 'over'])
})

test('rules: conditions narrow down, faults are named, only who keeps the place edits', async () => {
  const manager = await hub.as('manager', [projectId])
  await rule({ conditions: { kind: ['shop'] }, stepsDays: [30] })
  records = [
    record('2026-12-01', { title: 'S', values: { kind: 'shop' } }),
    record('2026-12-01', { title: 'F' }),
  ]
  await look()
  expect((await mine(manager)).map(({ title }) => title)).toEqual(['S'])
  const faults = rule({
    ...{ source: 'gateway.certificate', conditions: { kind: [] } },
    recipients: [
      { kind: 'people', ids: [randomUUID()] },
      { kind: 'responsible' },
      { kind: 'role', role: 'nobody' },
    ],
  })
  await expect(faults).rejects.toMatchObject({
    details: {
      issues: expect.arrayContaining([expect.objectContaining({ path: 'content.recipients' })]) as unknown,
    },
  })
  const rules = await manager.call('GET /api/reminder-rules', { query: { projectId } })
  const builtin = rules.find(({ content }) => content.source === 'gateway.certificate')!
  const change = manager.call('PUT /api/reminder-rules/:id', {
    params: { id: builtin.id },
    body: { version: builtin.version, content: { ...builtin.content, enabled: false } },
  })
  await expect(change).rejects.toMatchObject({ code: 'auth.forbidden' })
  const own = rules.find(({ content }) => content.projectId === projectId)!
  expect(own.open).toBe(1)
  await manager.call('POST /api/reminder-rules/:id/archive', {
    params: { id: own.id },
    body: { version: own.version },
  })
  expect(await mine(manager)).toEqual([])
})

test('a person sees his own; the project’s are for those who may read them', async () => {
  const [manager, engineer] = [await hub.as('manager', [projectId]), await hub.as('engineer', [projectId])]
  const stranger = await hub.as('manager', [])
  await rule({ recipients: [{ kind: 'people', ids: [manager.userId, stranger.userId] }] })
  records = [record('2026-11-29')]
  await look()
  expect(await manager.call('GET /api/reminders/count')).toEqual({ open: 1, overdue: 0 })
  expect(await mine(engineer)).toEqual([])
  // Told, but no longer of this project
  expect(await mine(stranger)).toEqual([])
  const reminder = (await mine(manager))[0]!
  const act = { params: { id: reminder.id }, body: { version: reminder.version, action: 'handle' as const } }
  await expect(engineer.call('POST /api/reminders/:id/act', act)).rejects.toMatchObject({
    code: 'reminder.not_found',
  })
  const all = { query: { whose: 'project' as const } }
  await expect(engineer.call('GET /api/reminders', all)).rejects.toMatchObject({ code: 'auth.forbidden' })
  const reader = await hub.as('manager', [projectId])
  const { items } = await reader.call('GET /api/reminders', all)
  expect(items.filter(({ id }) => id === reminder.id)).toHaveLength(1)
})

test('a certificate that could not be renewed, and an overdue task, come from the records themselves', async () => {
  const engineer = await hub.as('engineer', [projectId])
  const { prisma, pool } = hub.hub.db
  const gateway = await prisma.gateway.create({ data: { projectId, name: 'GW-7' } })
  const [authority] = await prisma.certificateAuthority.findMany()
  const issued = { authorityId: authority!.id, subject: gateway.id, issuedAt: clock.now() }
  const certificate = (serial: string, expiresAt: string) =>
    prisma.issuedCertificate.create({ data: { ...issued, serial, expiresAt } })
  await certificate(randomUUID(), '2026-11-23T00:00:00Z')
  await certificate(randomUUID(), '2026-11-24T20:00:00Z')
  await look()
  // The newest counts, on the clock of the project
  expect(await mine(engineer)).toMatchObject([
    { title: 'GW-7', dueOn: '2026-11-25', link: `/gateways/${gateway.id}` },
  ])
  await certificate(randomUUID(), '2027-11-24T20:00:00Z')
  await look()
  expect(await mine(engineer)).toEqual([])

  await pool.query(
    `with d as (insert into process_definition (key, subject, name_zh, name_en, changed_at, changed_by)
       values ('k5', 'request', 'x', 'x', now(), 'x') on conflict do nothing),
     v as (insert into process_version (key, version, content, fields, published_at, published_by)
       values ('k5', 1, '{}', '{}', now(), 'x') on conflict do nothing),
     p as (insert into process (id, project_id, key, version, subject_kind, subject_id, title, starter_id, starter, step,
       snapshot, since, started_at) values (gen_random_uuid(), $1, 'k5', 1, 'request', 'x', 'New pump', $2, 'x', 's',
       '{}', now(), now()) returning id),
     t as (insert into process_task (process_id, step, round, seat, opened_at, due_at)
       select id, 's', 1, 1, now(), '2026-11-21T04:00:00Z' from p returning id)
     insert into process_task_holder (task_id, user_id) select id, $2 from t`,
    [projectId, engineer.userId],
  )
  await look()
  expect(await mine(engineer)).toMatchObject([{ title: 'New pump', daysLeft: -1 }])
})

test('a rule that is made is looked at soon, by whoever works', async () => {
  const manager = await hub.as('manager', [projectId])
  records = [record('2026-12-01')]
  await rule({ stepsDays: [30] })
  // The rule that was made is looked at by the job that was sent, in the worker of this hub
  await expect.poll(() => mine(manager), { timeout: 15_000, interval: 200 }).toHaveLength(1)
  expect(await subjects(manager)).toHaveLength(1)
})
