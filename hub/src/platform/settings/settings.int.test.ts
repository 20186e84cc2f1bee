import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import * as z from 'zod'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { branded } from '../http/branding.ts'
import { NotifyLiveBus } from '../live/notify-live-bus.ts'
import { startTestHub, type TestClient, type TestHub } from '../testing.ts'
import { operationsModule } from '../../modules/operations/index.ts'
import { unregisterSettings } from './group.ts'
import { registerSettings, Settings, TimeOfDay, TimeZone } from './index.ts'

const label = { zh: '试验', en: 'Trial' }
const words = { label }
const trial = registerSettings({
  key: 'trial',
  scope: 'hub',
  label,
  schema: z
    .object({
      on: z.boolean(),
      count: z.int().min(1).max(9),
      limit: z.number().min(0).nullable(),
      at: TimeOfDay,
      zone: TimeZone,
      kind: z.enum(['soft', 'hard']),
      names: z.array(z.string().min(1).max(20)).max(3),
      password: z.string().min(8).max(99).nullable(),
    })
    .refine(({ on, password }) => !on || password !== null, { path: ['password'], error: 'input.missing' }),
  fields: {
    ...{ on: words, count: { label, unit: label }, limit: { label, emptyMeans: label } },
    ...{ at: { label, kind: 'timeOfDay' }, zone: { label, kind: 'timeZone' } },
    kind: { label, choices: { soft: { zh: '软', en: 'Soft' } } },
    names: words,
    password: { label, secret: true },
  },
  default: {
    ...{ on: false, count: 3, limit: null, at: '02:30', zone: 'Asia/Shanghai', kind: 'soft' },
    ...{ names: [], password: null },
  },
})
const ofProjects = registerSettings({
  key: 'trialOfProjects',
  scope: 'project',
  label,
  schema: z.object({ days: z.int().min(10), note: z.string().nullable() }),
  fields: { days: words, note: words },
  default: ({ sessionHours }) => ({ days: 10 * sessionHours, note: null }),
})

let hub: TestHub
let admin: TestClient
/** The settings of another process on the same database. */
let elsewhere: Settings
let bus: NotifyLiveBus

beforeAll(async () => {
  hub = await startTestHub({ modules: [operationsModule] })
  admin = await hub.as('administrator')
  const { db, config, clock, security } = hub.hub
  const log = pino({ level: 'silent' })
  bus = new NotifyLiveBus(db.url, db.pool, log)
  await bus.start()
  elsewhere = new Settings({ config, db, clock, log, live: bus, box: security.box })
})
afterAll(async () => {
  unregisterSettings(trial.key)
  unregisterSettings(ofProjects.key)
  elsewhere.stop()
  await bus.stop()
  await hub.stop()
})

const viewOf = async (key: string, projectId?: string) => {
  const all = await admin.call('GET /api/settings', { query: projectId ? { projectId } : {} })
  return all.find((one) => one.key === key)!
}
const project = async () =>
  (
    await hub.hub.db.prisma.project.create({
      data: { code: `s${Math.random()}`, name: 's', timeZone: 'UTC' },
    })
  ).id

test('a form is made from the schema, with defaults, limits and words', async () => {
  const { fields, values, version, set } = await viewOf('trial')
  expect(fields.map(({ key, kind, optional }) => [key, kind, optional])).toEqual([
    ...[
      ['on', 'boolean', false],
      ['count', 'integer', false],
      ['limit', 'number', true],
    ],
    ...[
      ['at', 'timeOfDay', false],
      ['zone', 'timeZone', false],
      ['kind', 'choice', false],
    ],
    ...[
      ['names', 'lines', false],
      ['password', 'secret', true],
    ],
  ])
  const count = fields.find(({ key }) => key === 'count')!
  expect([count.minimum, count.maximum, count.unit]).toEqual([1, 9, label])
  expect(fields.find(({ key }) => key === 'kind')!.choices).toEqual([
    { value: 'soft', label: { zh: '软', en: 'Soft' } },
    { value: 'hard', label: { zh: 'hard', en: 'hard' } },
  ])
  expect([values.count, values.at, version, set]).toEqual([3, '02:30', 0, []])
})

test('a change counts in every process, and an old one is refused', async () => {
  expect((await elsewhere.get(trial)).count).toBe(3)
  const change = { params: { key: 'trial' }, body: { version: 0, values: { count: 5, names: ['a', 'b'] } } }
  const after = await admin.call('PUT /api/settings/:key', change)
  expect([after.version, after.values.count, after.set.sort()]).toEqual([1, 5, ['count', 'names']])
  expect((await hub.hub.settings.get(trial)).names).toEqual(['a', 'b'])
  for (let waited = 0; (await elsewhere.get(trial)).count !== 5; waited += 20) {
    expect(waited).toBeLessThan(15_000)
    await sleep(20)
  }
  await expect(admin.call('PUT /api/settings/:key', change)).rejects.toMatchObject({
    code: 'settings.changed',
  })
  const back = { version: 1, reset: ['count'] }
  await admin.call('PUT /api/settings/:key', { params: { key: 'trial' }, body: back })
  expect(await hub.hub.settings.get(trial)).toMatchObject({ count: 3, names: ['a', 'b'] })
})

test('of two who change at once one is refused', async () => {
  const { version } = await viewOf('trial')
  const change = (kind: string) =>
    admin.raw('PUT /api/settings/:key', { params: { key: 'trial' }, body: { version, values: { kind } } })
  const answers = await Promise.all([change('soft'), change('hard')])
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409])
})

test('what is wrong is said at the field, and nothing is stored', async () => {
  const { version } = await viewOf('trial')
  const values = { count: 12, at: '25:00', zone: 'Mars/Olympus', kind: 'other' }
  const answer = await admin.raw('PUT /api/settings/:key', {
    params: { key: 'trial' },
    body: { version, values },
    headers: { 'accept-language': 'en' },
  })
  expect(answer.status).toBe(400)
  const { issues } = (answer.body as { error: { issues: { path: string; reason: string }[] } }).error
  expect(Object.fromEntries(issues.map(({ path, reason }) => [path, reason]))).toEqual({
    'body.values.count': 'must not be above 9',
    'body.values.at': 'must be a time such as 02:30',
    'body.values.zone': 'is no time zone; write it like Asia/Shanghai',
    'body.values.kind': 'must be one of: soft, hard',
  })
  const on = { params: { key: 'trial' }, body: { version, values: { on: true } } }
  await expect(admin.call('PUT /api/settings/:key', on)).rejects.toMatchObject({
    details: { issues: [{ path: 'body.values.password' }] },
  })
  const strange = { params: { key: 'trial' }, body: { version, values: { colour: 'red' } } }
  await expect(admin.call('PUT /api/settings/:key', strange)).rejects.toMatchObject({ code: 'input.invalid' })
  expect((await viewOf('trial')).version).toBe(version)
})

test('a secret is kept sealed: not in the table, not in an answer, not in the audit trail', async () => {
  const { version } = await viewOf('trial')
  const secret = 'correct horse battery'
  const body = { version, values: { on: true, password: secret } }
  const answer = await admin.raw('PUT /api/settings/:key', { params: { key: 'trial' }, body })
  expect(answer.status).toBe(200)
  expect(answer.body).toMatchObject({ values: { password: null }, secrets: ['password'] })
  expect((await hub.hub.settings.get(trial)).password).toBe(secret)
  const { rows } = await hub.hub.db.pool.query<{ text: string }>(
    `select s::text as text from setting s where key = 'trial' union all
     select a::text from audit_entry a where entity = 'settings'`,
  )
  expect(rows.length).toBeGreaterThan(2)
  expect(rows.map(({ text }) => text).join()).not.toContain(secret)
  const off = { version: version + 1, values: { on: false, password: null } }
  const after = await admin.call('PUT /api/settings/:key', { params: { key: 'trial' }, body: off })
  expect(after.secrets).toEqual([])
})

test('a project has its own values, else those of the installation, else the default', async () => {
  const [one, other] = [await project(), await project()]
  const put = (projectId: string | undefined, version: number, values: object) =>
    admin.call('PUT /api/settings/:key', {
      params: { key: 'trialOfProjects' },
      body: { ...(projectId ? { projectId } : {}), version, values: values as Record<string, unknown> },
    })
  expect((await hub.hub.settings.get(ofProjects, one)).days).toBe(120)
  await put(undefined, 0, { days: 60, note: 'all' })
  const own = await put(one, 0, { days: 30 })
  expect([own.values, own.inherited, own.set]).toEqual([
    { days: 30, note: 'all' },
    { days: 60, note: 'all' },
    ['days'],
  ])
  expect(await hub.hub.settings.get(ofProjects, other)).toEqual({ days: 60, note: 'all' })
  expect(await hub.hub.settings.projectsWith(ofProjects)).toEqual([one])
  expect((await viewOf('trial', one)) as unknown).toBeUndefined()
})

test('a project is for who keeps all of it, the installation for who keeps everything', async () => {
  const [mine, foreign] = [await project(), await project()]
  await hub.hub.db.prisma.role.update({
    where: { code: 'manager' },
    data: { permissions: { push: 'settings.manage' } },
  })
  const keeper = await hub.as('manager', [mine])
  const look = async (projectId?: string) =>
    (await keeper.raw('GET /api/settings', { query: projectId ? { projectId } : {} })).status
  expect([await look(mine), await look(foreign), await look()]).toEqual([200, 404, 403])
  const put = { params: { key: 'trialOfProjects' }, body: { version: 0, values: { days: 40 } } }
  expect((await keeper.raw('PUT /api/settings/:key', put)).status).toBe(403)
  const ofMine = { ...put, body: { ...put.body, projectId: mine } }
  expect((await keeper.raw('PUT /api/settings/:key', ofMine)).status).toBe(200)
  const hubOnly = { params: { key: 'trial' }, body: { projectId: mine, version: 0 } }
  expect((await keeper.raw('PUT /api/settings/:key', hubOnly)).status).toBe(404)
})

test('a value that this version does not take any more counts as not set', async () => {
  await hub.hub.db.pool.query(
    `update setting set content = content || '{"days": 2, "gone": 1}' where key = 'trialOfProjects' and place = 'hub'`,
  )
  const log = pino({ level: 'silent' })
  const { db, config, clock, security } = hub.hub
  const fresh = new Settings({ config, db, clock, log, live: bus, box: security.box })
  expect(await fresh.get(ofProjects)).toEqual({ days: 120, note: 'all' })
  fresh.stop()
})

test('the name of the company stands in the page, the hours count for the next click', async () => {
  const name = 'A & <B> "C"'
  await admin.call('PUT /api/settings/:key', {
    params: { key: 'branding' },
    body: { version: 0, values: { companyName: name } },
  })
  expect(await branded('<head><title>Courtyard</title></head>', hub.hub.settings)).toBe(
    '<head><title>A &amp; &lt;B&gt; &quot;C&quot;</title><meta name="application-name" content="A &amp; &lt;B&gt; &quot;C&quot;" /></head>',
  )
  await admin.call('PUT /api/settings/:key', {
    params: { key: 'access' },
    body: { version: 0, values: { sessionHours: 2 } },
  })
  const someone = await hub.as('engineer')
  const { expiresAt, createdAt } = await hub.hub.db.prisma.session.findFirstOrThrow({
    where: { userId: someone.userId },
  })
  expect(expiresAt.getTime() - createdAt.getTime()).toBe(2 * 3_600_000)
})
