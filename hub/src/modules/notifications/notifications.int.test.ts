import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { randomUUID } from 'node:crypto'
import { SMTPServer } from 'smtp-server'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import {
  ChannelSettings,
  type ChannelSettings as Settings,
  type OutsideChannel,
} from '@courtyard/protocols/contract'
import { manualClock } from '../../platform/clock.ts'
import { deliverDue } from '../../platform/notify/deliver.ts'
import { notify, registerMessageTemplate, type Notification } from '../../platform/notify/index.ts'
import { claimDue } from '../../platform/notify/outbox.repository.ts'
import { startTestHub, type TestClient, type TestHub } from '../../platform/testing.ts'
import { accountsModule } from '../accounts/index.ts'
import { estateModule } from '../estate/index.ts'
import { addChannelRoutes } from './channels.routes.ts'
import { addMyRoutes } from './mine.routes.ts'
import { addOutboxRoutes } from './outbox.routes.ts'
import './permissions.ts'
import { addTemplateRoutes } from './templates.routes.ts'

registerMessageTemplate({
  key: 'test.notice',
  label: { zh: '停水通知', en: 'Water outage' },
  variables: { day: { label: { zh: '日期', en: 'Day' }, example: '11-22' } },
  texts: {
    zh: { subject: '停水 {day}', body: '{day} 停水' },
    en: { subject: 'No water {day}', body: 'No water on {day}' },
  },
  channels: ['email', 'sms'],
})
registerMessageTemplate({
  key: 'test.code',
  label: { zh: '验证码', en: 'Code' },
  variables: { code: { label: { zh: '验证码', en: 'Code' }, example: '123456' } },
  texts: {
    zh: { subject: '验证码', body: '验证码 {code}' },
    en: { subject: 'Code', body: 'Your code is {code}' },
  },
  channels: ['sms'],
  confidential: true,
})

/** Noon in Shanghai: no quiet hours. */
const NOON = '2026-11-22T04:00:00Z'
const clock = manualClock(NOON)
let hub: TestHub
let root: TestClient
let projectId: string
let otherId: string

/** Without the loop: tests say when it is looked through. */
const quietModule = {
  name: 'notifications',
  routes: (app: Parameters<typeof addMyRoutes>[0]) => {
    for (const add of [addMyRoutes, addOutboxRoutes, addTemplateRoutes, addChannelRoutes]) add(app)
  },
}

beforeAll(async () => {
  hub = await startTestHub({ modules: [accountsModule, estateModule, quietModule], clock })
  root = await hub.as('administrator')
  const project = (code: string) =>
    hub.hub.db.prisma.project.create({ data: { code, name: code, timeZone: 'Asia/Shanghai' } })
  projectId = (await project('one')).id
  otherId = (await project('two')).id
  provider = await startProvider()
})
afterAll(async () => {
  provider.server.close()
  await hub.stop()
})
beforeEach(async () => {
  clock.set(NOON)
  provider.requests.length = 0
  provider.answer = () => ({ status: 200, body: { code: 0, data: { sid: randomUUID() } } })
  // Nothing of the test before is due, or counts for the rate
  await hub.hub.db.pool.query(
    `update message_delivery set tried_at = null,
       state = case when state in ('queued', 'failed') then 'dead' else state end`,
  )
})

interface Provider {
  readonly server: Server
  readonly url: string
  readonly requests: { url: string; headers: IncomingMessage['headers']; body: string }[]
  answer: (url: string) => { status: number; body: unknown }
}
let provider: Provider

/** What stands in for providers of SMS and for WeChat: a real server that keeps what it was sent. */
async function startProvider(): Promise<Provider> {
  const requests: Provider['requests'] = []
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const url = request.url ?? ''
      requests.push({ url, headers: request.headers, body: Buffer.concat(parts).toString() })
      const { status, body } = made.answer(url)
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const made: Provider = {
    server,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answer: () => ({ status: 200, body: {} }),
  }
  return made
}

async function setUp(channel: OutsideChannel, settings: Partial<Settings>, secret?: string) {
  const { version, settings: now } = (await root.call('GET /api/message-channels')).find(
    (one) => one.channel === channel,
  )!
  const body = { version, settings: { ...now, enabled: true, ...settings }, ...(secret ? { secret } : {}) }
  return root.call('PUT /api/message-channels/:channel', { params: { channel }, body })
}

const tell = (notification: Partial<Notification>) =>
  hub.hub.db.transaction((tx) =>
    notify(hub.hub, tx, {
      ...{ template: 'test.notice', to: [], variables: { day: '11-22' }, projectId, ...notification },
    }),
  )

async function person(
  data: { email?: string; phone?: string } = {},
  role = 'manager',
  projects = [projectId],
) {
  const client = await hub.as(role, projects)
  await hub.hub.db.prisma.user.update({ where: { id: client.userId }, data })
  return client
}

const outbox = async (messageId: string | null) =>
  (await hub.hub.db.prisma.messageDelivery.findMany({ where: { messageId: messageId! } })).sort((a, b) =>
    a.channel.localeCompare(b.channel),
  )

const sms = (more: object = {}): Partial<Settings> => ({
  transport: 'http',
  quiet: null,
  http: ChannelSettings.shape.http
    .unwrap()
    .unwrap()
    .parse({
      url: `${provider.url}/send?key={secret}`,
      headers: [{ name: 'x-key', value: 'k {secret}' }],
      body: '{"to":"{to}","text":"{body}","params":{variables}}',
      successPath: 'code',
      successValue: '0',
      idPath: 'data.sid',
      ...more,
    }),
})

test('a message comes with the transaction or not at all; it is in the app and in the files of the channels', async () => {
  const reader = await person({ email: 'wang@example.org', phone: '13800001234' })
  await expect(
    hub.hub.db.transaction(async (tx) => {
      await notify(hub.hub, tx, {
        ...{ template: 'test.notice', to: [{ kind: 'users', ids: [reader.userId] }] },
        ...{ variables: { day: 'x' }, projectId },
      })
      throw new Error('what happened did not happen')
    }),
  ).rejects.toThrow('did not happen')
  expect(await reader.call('GET /api/messages/count')).toEqual({ unread: 0 })
  // By Prisma as well as by pg; named twice is told once
  const to = [
    { kind: 'users' as const, ids: [reader.userId, reader.userId] },
    { kind: 'roles' as const, roles: ['manager'] },
  ]
  const id = await hub.hub.db.prismaTransaction((tx) =>
    notify(hub.hub, tx, {
      template: 'test.notice',
      to,
      variables: { day: '11-22' },
      projectId,
      link: '/meters',
    }),
  )
  await deliverDue(hub.hub)
  const rows = await outbox(id)
  expect(
    rows.filter(({ userId }) => userId === reader.userId).map((one) => [one.channel, one.state]),
  ).toEqual([
    ['email', 'sent'],
    ['inApp', 'delivered'],
    ['sms', 'sent'],
  ])
  const file = await readFile(join(hub.folder, 'messages', 'email-2026-11-22.jsonl'), 'utf8')
  const line = JSON.parse(file.trim().split('\n').at(-1)!)
  expect(line).toMatchObject({ address: 'wang@example.org', subject: '停水 11-22', body: '11-22 停水' })
  expect(line.link).toMatch(/^http:.*\/meters$/)
  const { items } = await reader.call('GET /api/messages')
  expect(items).toMatchObject([{ subject: '停水 11-22', link: '/meters', readAt: null }])
  expect(await reader.call('POST /api/messages/read', { body: { ids: [items[0]!.id] } })).toEqual({
    unread: 0,
  })
  expect((await reader.call('GET /api/messages', { query: { state: 'unread' } })).items).toEqual([])
})

test('the same key is told once, also by two who come at the same moment', async () => {
  const reader = await person()
  const to = [{ kind: 'users' as const, ids: [reader.userId] }]
  const dedupeKey = randomUUID()
  const ids = await Promise.all([tell({ to, dedupeKey }), tell({ to, dedupeKey }), tell({ to, dedupeKey })])
  expect(ids.filter((id) => id !== null)).toHaveLength(1)
  expect(await reader.call('GET /api/messages/count')).toEqual({ unread: 1 })
})

test('everybody reads only what is his, in his language', async () => {
  const [one, other] = [await person(), await person()]
  const wish = { language: 'en' as const, mutedChannels: [], quiet: null, mutedUntil: null }
  await one.call('PUT /api/messages/preferences', { body: wish })
  await tell({ to: [{ kind: 'users', ids: [one.userId] }] })
  const { items } = await one.call('GET /api/messages')
  expect(items).toMatchObject([{ subject: 'No water 11-22' }])
  expect((await other.call('GET /api/messages')).items).toEqual([])
  await other.call('POST /api/messages/read', { body: { ids: [items[0]!.id] } })
  expect(await one.call('GET /api/messages/count')).toEqual({ unread: 1 })
})

test('the outbox is for those who may read it, of their projects, with numbers masked', async () => {
  const reader = await person({ phone: '13800001234' })
  const id = await tell({ to: [{ kind: 'users', ids: [reader.userId] }], channels: ['sms'] })
  const manager = await hub.as('manager', [projectId])
  const { items } = await manager.call('GET /api/outbox', { query: { projectId, channel: 'sms' } })
  const seen = items.find(({ messageId }) => messageId === id)!
  expect(seen).toMatchObject({ recipient: 'manager', state: 'queued' })
  const whole = await root.call('GET /api/outbox/:id', { params: { id: seen.id } })
  expect(whole).toMatchObject({ address: '13800001234', body: '11-22 停水' })
  const stranger = await hub.as('manager', [otherId])
  expect((await stranger.call('GET /api/outbox')).items.map(({ messageId }) => messageId)).not.toContain(id)
  await expect(stranger.call('GET /api/outbox/:id', { params: { id: seen.id } })).rejects.toMatchObject({
    code: 'message.not_found',
  })
  const engineer = await hub.as('engineer', [projectId])
  await expect(engineer.call('GET /api/outbox')).rejects.toMatchObject({ code: 'auth.forbidden' })
  const role = await root.call('GET /api/message-templates')
  expect(role.map(({ key }) => key)).toContain('test.notice')
  await expect(manager.call('GET /api/message-channels')).rejects.toMatchObject({ code: 'auth.forbidden' })
})

test('mail goes over SMTP with the subject as it is written; a refused reader is not tried again', async () => {
  const mails: string[] = []
  const server = new SMTPServer({
    authOptional: false,
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onAuth: ({ username, password }, _, done) =>
      password === 'pass word' ? done(null, { user: username ?? '' }) : done(new Error('no')),
    onRcptTo: ({ address }, _, done) =>
      address.startsWith('nobody')
        ? done(Object.assign(new Error('no such user'), { responseCode: 550 }))
        : done(),
    onData: (stream, _, done) => {
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('end', () => {
        mails.push(Buffer.concat(parts).toString())
        done()
      })
    },
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.server.address() as AddressInfo
  const smtp = {
    host: '127.0.0.1',
    port,
    security: 'none' as const,
    username: 'u',
    from: 'Courtyard <noreply@example.org>',
  }
  await setUp('email', { transport: 'smtp', smtp }, 'wrong')
  const reader = await person({ email: 'wang@example.org' })
  const to = [{ kind: 'users' as const, ids: [reader.userId] }]
  const id = await tell({ to, channels: ['email'] })
  await deliverDue(hub.hub)
  expect((await outbox(id))[0]).toMatchObject({
    state: 'failed',
    attempts: 1,
    fault: { code: 'message.refused' },
  })
  const view = await setUp('email', { transport: 'smtp', smtp }, 'pass word')
  expect(JSON.stringify(view)).not.toContain('pass word')
  // Not before its time
  await deliverDue(hub.hub)
  expect(mails).toEqual([])
  clock.advance(61_000)
  await deliverDue(hub.hub)
  const [row] = await outbox(id)
  expect(row).toMatchObject({ state: 'sent', attempts: 2, fault: null })
  expect(mails[0]).toMatch(new RegExp(`Message-ID: <${row!.id}@example.org>`, 'i'))
  expect(mails[0]).toContain(`=?UTF-8?B?${Buffer.from('停水 11-22').toString('base64')}?=`)
  const lost = await tell({ to: [{ kind: 'address', channel: 'email', address: 'nobody@example.org' }] })
  await deliverDue(hub.hub)
  expect((await outbox(lost))[0]).toMatchObject({ state: 'dead', attempts: 1 })
  await new Promise<void>((resolve) => server.close(resolve))
  await setUp('email', { transport: 'file' })
})

test('an SMS provider gets what the settings say, its number is kept, its receipt noted', async () => {
  const receipt = { idPath: 'sid', statePath: 'state', delivered: 'DELIVRD' }
  const { receiptUrl } = await setUp('sms', sms({ receipt }), 's3cret key')
  provider.answer = () => ({ status: 200, body: { code: 0, data: { sid: 'sid-1' } } })
  const id = await tell({
    to: [{ kind: 'address', channel: 'sms', address: '13900000000', language: 'en' }],
    variables: { day: '"1"' },
  })
  await deliverDue(hub.hub)
  const [row] = await outbox(id)
  expect(row).toMatchObject({ state: 'sent', providerId: 'sid-1', recipient: '139****0000' })
  const [request] = provider.requests
  expect(request!.url).toBe('/send?key=s3cret%20key')
  expect(request!.headers).toMatchObject({ 'x-key': 'k s3cret key', 'idempotency-key': row!.id })
  expect(JSON.parse(request!.body)).toEqual({
    to: '13900000000',
    text: 'No water on "1"',
    params: { day: '"1"' },
  })
  const path = new URL(receiptUrl!).pathname
  const report = (url: string, state: string) =>
    hub.app.inject({
      method: 'POST',
      url,
      payload: [
        { sid: 'sid-1', state },
        { sid: 'other', state },
      ],
    })
  expect((await report(`${path}x`, 'DELIVRD')).statusCode).toBe(404)
  expect((await outbox(id))[0]!.state).toBe('sent')
  expect((await report(path, 'DELIVRD')).statusCode).toBe(200)
  expect((await outbox(id))[0]).toMatchObject({ state: 'delivered' })
  // A late contradiction changes nothing
  await report(path, 'UNDELIV')
  expect((await outbox(id))[0]).toMatchObject({ state: 'delivered' })
})

test('pauses grow until it is dead; somebody sends it again', async () => {
  await setUp('sms', sms())
  provider.answer = () => ({ status: 200, body: { code: 17, error: 'balance; key s3cret key' } })
  const reader = await person({ phone: '13800001234' })
  const id = await tell({ to: [{ kind: 'users', ids: [reader.userId] }], channels: ['sms'] })
  const find = async () => (await outbox(id)).find(({ channel }) => channel === 'sms')!
  for (let tries = 0; tries < 20 && (await find()).state !== 'dead'; tries++) {
    await deliverDue(hub.hub)
    clock.set((await find()).nextAt)
  }
  const dead = await find()
  expect(dead).toMatchObject({ state: 'dead', attempts: 8 })
  expect(provider.requests).toHaveLength(8)
  expect(JSON.stringify(dead.fault)).not.toContain('s3cret')
  const manager = await hub.as('manager', [projectId])
  provider.answer = () => ({ status: 200, body: { code: 0 } })
  const again = () => manager.call('POST /api/outbox/:id/send-again', { params: { id: dead.id } })
  expect(await again()).toMatchObject({ state: 'queued', attempts: 0 })
  await expect(again()).rejects.toMatchObject({ code: 'message.not_dead' })
  await deliverDue(hub.hub)
  expect(await find()).toMatchObject({ state: 'sent', attempts: 1 })
  expect(new Set(provider.requests.map(({ headers }) => headers['idempotency-key']))).toEqual(
    new Set([dead.id]),
  )
})

test('quiet hours of the channel and of the person hold it back, urgent ones pass', async () => {
  await setUp('sms', { ...sms(), quiet: { from: '22:00', to: '08:00' } })
  const reader = await person({ phone: '13800001234' })
  const night = '2026-11-22T15:00:00Z'
  clock.set(night)
  const to = [{ kind: 'users' as const, ids: [reader.userId] }]
  const id = await tell({ to, channels: ['sms'] })
  const urgent = await tell({ to, channels: ['sms'], priority: 'urgent' })
  await deliverDue(hub.hub)
  const state = async (of: string | null) => (await outbox(of)).find(({ channel }) => channel === 'sms')!
  expect(await state(urgent)).toMatchObject({ state: 'sent' })
  expect(await state(id)).toMatchObject({
    state: 'queued',
    attempts: 0,
    nextAt: new Date('2026-11-23T00:00:00Z'),
  })
  // The person sleeps longer, and is away until ten
  const wish = {
    language: 'zh' as const,
    mutedChannels: [],
    quiet: { from: '21:00', to: '09:30' },
    mutedUntil: '2026-11-23T02:00:00.000Z',
  }
  await reader.call('PUT /api/messages/preferences', { body: wish })
  clock.set('2026-11-23T00:00:01Z')
  await deliverDue(hub.hub)
  expect(await state(id)).toMatchObject({ state: 'queued', nextAt: new Date('2026-11-23T02:00:00Z') })
  clock.set('2026-11-23T02:00:00Z')
  await deliverDue(hub.hub)
  expect(await state(id)).toMatchObject({ state: 'sent', attempts: 1 })
  await reader.call('PUT /api/messages/preferences', { body: { ...wish, mutedChannels: ['sms'] } })
  const muted = await outbox(await tell({ to, channels: ['sms'] }))
  expect(muted.map(({ channel }) => channel)).toEqual(['inApp'])
})

test('several processes send each message once, within the rate of the channel', async () => {
  await setUp('sms', { ...sms(), perMinute: 20 })
  const to = Array.from({ length: 30 }, (_, i) => ({
    ...{ kind: 'address' as const, channel: 'sms' as const, address: `1390000${1000 + i}` },
  }))
  const id = await tell({ to })
  await Promise.all([deliverDue(hub.hub), deliverDue(hub.hub), deliverDue(hub.hub)])
  expect(provider.requests).toHaveLength(20)
  clock.advance(61_000)
  await Promise.all([deliverDue(hub.hub), deliverDue(hub.hub)])
  const keys = provider.requests.map(({ headers }) => headers['idempotency-key'])
  expect(new Set(keys).size).toBe(30)
  expect(keys).toHaveLength(30)
  expect((await outbox(id)).every(({ state }) => state === 'sent')).toBe(true)
})

test('what a process had claimed when it died is sent by another one, later', async () => {
  await setUp('sms', sms())
  const id = await tell({ to: [{ kind: 'address', channel: 'sms', address: '13900000000' }] })
  const claim = () => {
    const now = clock.now()
    const wish = {
      channel: 'sms' as const,
      perMinute: 60,
      most: 8,
      now,
      until: new Date(now.getTime() + 180_000),
    }
    return hub.hub.db.transaction((tx) => claimDue(tx, wish))
  }
  expect(await claim()).toHaveLength(1)
  await deliverDue(hub.hub)
  expect(provider.requests).toEqual([])
  clock.advance(181_000)
  await deliverDue(hub.hub)
  expect((await outbox(id))[0]).toMatchObject({ state: 'sent', attempts: 2 })
  // One that takes every process down with it is given up
  const poison = await tell({ to: [{ kind: 'address', channel: 'sms', address: '13900000001' }] })
  for (let i = 0; i < 8; i++) {
    expect(await claim()).toHaveLength(1)
    clock.advance(181_000)
  }
  await deliverDue(hub.hub)
  expect((await outbox(poison))[0]).toMatchObject({ state: 'dead', fault: { code: 'message.tries_over' } })
})

test('a code is nowhere in the clear, and forgotten once it was sent', async () => {
  await setUp('sms', sms())
  const id = await tell({
    ...{ template: 'test.code', variables: { code: '918273' } },
    to: [{ kind: 'address', channel: 'sms', address: '13900000000' }],
  })
  const message = await hub.hub.db.prisma.message.findUniqueOrThrow({
    where: { id: id! },
    include: { deliveries: true },
  })
  expect(JSON.stringify(message)).not.toContain('918273')
  expect(message.deliveries[0]!.bodySealed).not.toBeNull()
  await deliverDue(hub.hub)
  expect(JSON.parse(provider.requests[0]!.body)).toMatchObject({
    text: '验证码 918273',
    params: { code: '918273' },
  })
  expect((await outbox(id))[0]).toMatchObject({ state: 'sent', body: null, bodySealed: null })
})

test('WeChat: the token is asked for once, and anew when it is out of force', async () => {
  await setUp(
    'wechat',
    { transport: 'wechat', quiet: null, wechat: { baseUrl: provider.url, appId: 'wx1' } },
    'app-secret',
  )
  const template = await root.call('GET /api/message-templates/:key', { params: { key: 'test.notice' } })
  const to = [{ kind: 'address' as const, channel: 'wechat' as const, address: 'openid-1' }]
  const uncoded = await tell({ to })
  await deliverDue(hub.hub)
  expect((await outbox(uncoded))[0]).toMatchObject({ state: 'dead', fault: { code: 'message.no_code' } })
  const body = {
    version: template.version,
    texts: null,
    channels: template.channels,
    providerCodes: { wechat: 'tpl-1' },
  }
  await root.call('PUT /api/message-templates/:key', { params: { key: 'test.notice' }, body })
  let tokens = 0
  let valid = 'token-1'
  provider.answer = (url) => {
    if (url === '/cgi-bin/stable_token') {
      return { status: 200, body: { access_token: (valid = `token-${++tokens}`), expires_in: 7_200 } }
    }
    return url.endsWith(`=${valid}`)
      ? { status: 200, body: { errcode: 0, errmsg: 'ok', msgid: 42 } }
      : { status: 200, body: { errcode: 42001, errmsg: 'access_token expired' } }
  }
  const first = await tell({ to })
  await deliverDue(hub.hub)
  await tell({ to })
  await deliverDue(hub.hub)
  expect(tokens).toBe(1)
  valid = 'gone'
  const third = await tell({ to })
  await deliverDue(hub.hub)
  expect(tokens).toBe(2)
  expect((await outbox(first))[0]).toMatchObject({ state: 'sent', providerId: '42' })
  expect((await outbox(third))[0]).toMatchObject({ state: 'sent' })
  const sent = JSON.parse(provider.requests.at(-1)!.body)
  expect(sent).toMatchObject({ touser: 'openid-1', template_id: 'tpl-1', data: { day: { value: '11-22' } } })
  expect(sent.client_msg_id).toHaveLength(32)
})

test('texts are changed in versions, never with a variable that nobody fills in, never over each other', async () => {
  const params = { key: 'test.notice' }
  const { version, channels, builtinTexts } = await root.call('GET /api/message-templates/:key', { params })
  const texts = { ...builtinTexts, zh: { subject: '【物业】{day}', body: '{day} 停水，请储水' } }
  const change = (body: object) =>
    root.call('PUT /api/message-templates/:key', {
      params,
      body: { version, texts, channels, providerCodes: {}, ...body },
    })
  const wrong = { ...texts, zh: { subject: '{date}', body: 'x' } }
  await expect(change({ texts: wrong })).rejects.toMatchObject({
    details: { issues: [{ path: 'texts.zh.subject' }] },
  })
  const both = await Promise.allSettled([change({}), change({ note: 'b' })])
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  const reader = await person()
  await tell({ to: [{ kind: 'users', ids: [reader.userId] }] })
  expect((await reader.call('GET /api/messages')).items).toMatchObject([{ subject: '【物业】11-22' }])
  const preview = await root.call('POST /api/message-templates/:key/preview', {
    params,
    body: { texts: wrong },
  })
  expect(preview).toMatchObject({ zh: { subject: '{date}' }, issues: [{ path: 'zh.subject' }] })
  expect(await change({ version: version + 1, texts: null })).toMatchObject({
    edited: false,
    texts: builtinTexts,
  })
  const manager = await hub.as('manager', [projectId])
  await expect(manager.call('GET /api/message-templates')).rejects.toMatchObject({ code: 'auth.forbidden' })
})

test('a channel is tried at once and says what is wrong', async () => {
  await setUp('sms', sms())
  const params = { channel: 'sms' as const }
  const trial = () =>
    root.call('POST /api/message-channels/:channel/test', { params, body: { address: '13900000000' } })
  expect(await trial()).toMatchObject({ ok: true, reason: null })
  provider.answer = () => ({ status: 403, body: { error: 'wrong signature' } })
  expect(await trial()).toMatchObject({
    ok: false,
    reason: expect.stringContaining('wrong signature') as string,
  })
  await expect(setUp('sms', { transport: 'smtp' })).rejects.toMatchObject({ code: 'input.invalid' })
})
