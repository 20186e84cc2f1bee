/** How messages leave the hub: each channel, pauses, quiet hours, several processes, secrets. */
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { deliverDue } from '../../platform/notify/deliver.ts'
import { claimDue } from '../../platform/notify/outbox.repository.ts'
import type { TestClient, TestHub } from '../../platform/testing.ts'
import { MessagesFixture } from './testing.ts'

let mail: MessagesFixture
let hub: TestHub
let root: TestClient
let projectId: string

beforeAll(async () => {
  mail = await MessagesFixture.open()
  ;({ hub, root, projectId } = mail)
})
afterAll(() => mail?.close())
beforeEach(() => mail.reset())

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
  await mail.setUp('email', { transport: 'smtp', smtp }, 'wrong')
  const reader = await mail.person({ email: 'wang@example.org' })
  const to = [{ kind: 'users' as const, ids: [reader.userId] }]
  const id = await mail.tell({ to, channels: ['email'] })
  await deliverDue(hub.hub)
  expect((await mail.outbox(id))[0]).toMatchObject({
    state: 'failed',
    attempts: 1,
    fault: { code: 'message.refused' },
  })
  const view = await mail.setUp('email', { transport: 'smtp', smtp }, 'pass word')
  expect(JSON.stringify(view)).not.toContain('pass word')
  // Not before its time
  await deliverDue(hub.hub)
  expect(mails).toEqual([])
  mail.clock.advance(61_000)
  await deliverDue(hub.hub)
  const [row] = await mail.outbox(id)
  expect(row).toMatchObject({ state: 'sent', attempts: 2, fault: null })
  expect(mails[0]).toMatch(new RegExp(`Message-ID: <${row!.id}@example.org>`, 'i'))
  expect(mails[0]).toContain(`=?UTF-8?B?${Buffer.from('停水 11-22').toString('base64')}?=`)
  const lost = await mail.tell({ to: [{ kind: 'address', channel: 'email', address: 'nobody@example.org' }] })
  await deliverDue(hub.hub)
  expect((await mail.outbox(lost))[0]).toMatchObject({ state: 'dead', attempts: 1 })
  await new Promise<void>((resolve) => server.close(resolve))
  await mail.setUp('email', { transport: 'file' })
})

test('an SMS provider gets what the settings say, its number is kept, its receipt noted', async () => {
  const receipt = { idPath: 'sid', statePath: 'state', delivered: 'DELIVRD' }
  const { receiptUrl } = await mail.setUp('sms', mail.sms({ receipt }), 's3cret key')
  mail.provider.answer = () => ({ status: 200, body: { code: 0, data: { sid: 'sid-1' } } })
  const id = await mail.tell({
    to: [{ kind: 'address', channel: 'sms', address: '13900000000', language: 'en' }],
    variables: { day: '"1"' },
  })
  await deliverDue(hub.hub)
  const [row] = await mail.outbox(id)
  expect(row).toMatchObject({ state: 'sent', providerId: 'sid-1', recipient: '139****0000' })
  const [request] = mail.provider.requests
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
  expect((await mail.outbox(id))[0]!.state).toBe('sent')
  expect((await report(path, 'DELIVRD')).statusCode).toBe(200)
  expect((await mail.outbox(id))[0]).toMatchObject({ state: 'delivered' })
  // A late contradiction changes nothing
  await report(path, 'UNDELIV')
  expect((await mail.outbox(id))[0]).toMatchObject({ state: 'delivered' })
})

test('pauses grow until it is dead; somebody sends it again', async () => {
  await mail.setUp('sms', mail.sms())
  mail.provider.answer = () => ({ status: 200, body: { code: 17, error: 'balance; key s3cret key' } })
  const reader = await mail.person({ phone: '13800001234' })
  const id = await mail.tell({ to: [{ kind: 'users', ids: [reader.userId] }], channels: ['sms'] })
  const find = async () => (await mail.outbox(id)).find(({ channel }) => channel === 'sms')!
  for (let tries = 0; tries < 20 && (await find()).state !== 'dead'; tries++) {
    await deliverDue(hub.hub)
    mail.clock.set((await find()).nextAt)
  }
  const dead = await find()
  expect(dead).toMatchObject({ state: 'dead', attempts: 8 })
  expect(mail.provider.requests).toHaveLength(8)
  expect(JSON.stringify(dead.fault)).not.toContain('s3cret')
  const manager = await hub.as('manager', [projectId])
  mail.provider.answer = () => ({ status: 200, body: { code: 0 } })
  const again = () => manager.call('POST /api/outbox/:id/send-again', { params: { id: dead.id } })
  expect(await again()).toMatchObject({ state: 'queued', attempts: 0 })
  await expect(again()).rejects.toMatchObject({ code: 'message.not_dead' })
  await deliverDue(hub.hub)
  expect(await find()).toMatchObject({ state: 'sent', attempts: 1 })
  expect(new Set(mail.provider.requests.map(({ headers }) => headers['idempotency-key']))).toEqual(
    new Set([dead.id]),
  )
})

test('quiet hours of the channel and of the person hold it back, urgent ones pass', async () => {
  await mail.setUp('sms', { ...mail.sms(), quiet: { from: '22:00', to: '08:00' } })
  const reader = await mail.person({ phone: '13800001234' })
  const night = '2026-11-22T15:00:00Z'
  mail.clock.set(night)
  const to = [{ kind: 'users' as const, ids: [reader.userId] }]
  const id = await mail.tell({ to, channels: ['sms'] })
  const urgent = await mail.tell({ to, channels: ['sms'], priority: 'urgent' })
  await deliverDue(hub.hub)
  const state = async (of: string | null) => (await mail.outbox(of)).find(({ channel }) => channel === 'sms')!
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
  mail.clock.set('2026-11-23T00:00:01Z')
  await deliverDue(hub.hub)
  expect(await state(id)).toMatchObject({ state: 'queued', nextAt: new Date('2026-11-23T02:00:00Z') })
  mail.clock.set('2026-11-23T02:00:00Z')
  await deliverDue(hub.hub)
  expect(await state(id)).toMatchObject({ state: 'sent', attempts: 1 })
  await reader.call('PUT /api/messages/preferences', { body: { ...wish, mutedChannels: ['sms'] } })
  const muted = await mail.outbox(await mail.tell({ to, channels: ['sms'] }))
  expect(muted.map(({ channel }) => channel)).toEqual(['inApp'])
})

test('several processes send each message once, within the rate of the channel', async () => {
  await mail.setUp('sms', { ...mail.sms(), perMinute: 20 })
  const to = Array.from({ length: 30 }, (_, i) => ({
    ...{ kind: 'address' as const, channel: 'sms' as const, address: `1390000${1000 + i}` },
  }))
  const id = await mail.tell({ to })
  await Promise.all([deliverDue(hub.hub), deliverDue(hub.hub), deliverDue(hub.hub)])
  expect(mail.provider.requests).toHaveLength(20)
  mail.clock.advance(61_000)
  await Promise.all([deliverDue(hub.hub), deliverDue(hub.hub)])
  const keys = mail.provider.requests.map(({ headers }) => headers['idempotency-key'])
  expect(new Set(keys).size).toBe(30)
  expect(keys).toHaveLength(30)
  expect((await mail.outbox(id)).every(({ state }) => state === 'sent')).toBe(true)
})

test('what a process had claimed when it died is sent by another one, later', async () => {
  await mail.setUp('sms', mail.sms())
  const id = await mail.tell({ to: [{ kind: 'address', channel: 'sms', address: '13900000000' }] })
  const claim = () => {
    const now = mail.clock.now()
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
  expect(mail.provider.requests).toEqual([])
  mail.clock.advance(181_000)
  await deliverDue(hub.hub)
  expect((await mail.outbox(id))[0]).toMatchObject({ state: 'sent', attempts: 2 })
  // One that takes every process down with it is given up
  const poison = await mail.tell({ to: [{ kind: 'address', channel: 'sms', address: '13900000001' }] })
  for (let i = 0; i < 8; i++) {
    expect(await claim()).toHaveLength(1)
    mail.clock.advance(181_000)
  }
  await deliverDue(hub.hub)
  expect((await mail.outbox(poison))[0]).toMatchObject({
    state: 'dead',
    fault: { code: 'message.tries_over' },
  })
})

test('a code is nowhere in the clear, and forgotten once it was sent', async () => {
  await mail.setUp('sms', mail.sms())
  const id = await mail.tell({
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
  expect(JSON.parse(mail.provider.requests[0]!.body)).toMatchObject({
    text: '验证码 918273',
    params: { code: '918273' },
  })
  expect((await mail.outbox(id))[0]).toMatchObject({ state: 'sent', body: null, bodySealed: null })
})

test('WeChat: the token is asked for once, and anew when it is out of force', async () => {
  await mail.setUp(
    'wechat',
    { transport: 'wechat', quiet: null, wechat: { baseUrl: mail.provider.url, appId: 'wx1' } },
    'app-secret',
  )
  const template = await root.call('GET /api/message-templates/:key', { params: { key: 'test.notice' } })
  const to = [{ kind: 'address' as const, channel: 'wechat' as const, address: 'openid-1' }]
  const uncoded = await mail.tell({ to })
  await deliverDue(hub.hub)
  expect((await mail.outbox(uncoded))[0]).toMatchObject({ state: 'dead', fault: { code: 'message.no_code' } })
  const body = {
    version: template.version,
    texts: null,
    channels: template.channels,
    providerCodes: { wechat: 'tpl-1' },
  }
  await root.call('PUT /api/message-templates/:key', { params: { key: 'test.notice' }, body })
  let tokens = 0
  let valid = 'token-1'
  mail.provider.answer = (url) => {
    if (url === '/cgi-bin/stable_token') {
      return { status: 200, body: { access_token: (valid = `token-${++tokens}`), expires_in: 7_200 } }
    }
    return url.endsWith(`=${valid}`)
      ? { status: 200, body: { errcode: 0, errmsg: 'ok', msgid: 42 } }
      : { status: 200, body: { errcode: 42001, errmsg: 'access_token expired' } }
  }
  const first = await mail.tell({ to })
  await deliverDue(hub.hub)
  await mail.tell({ to })
  await deliverDue(hub.hub)
  expect(tokens).toBe(1)
  valid = 'gone'
  const third = await mail.tell({ to })
  await deliverDue(hub.hub)
  expect(tokens).toBe(2)
  expect((await mail.outbox(first))[0]).toMatchObject({ state: 'sent', providerId: '42' })
  expect((await mail.outbox(third))[0]).toMatchObject({ state: 'sent' })
  const sent = JSON.parse(mail.provider.requests.at(-1)!.body)
  expect(sent).toMatchObject({ touser: 'openid-1', template_id: 'tpl-1', data: { day: { value: '11-22' } } })
  expect(sent.client_msg_id).toHaveLength(32)
})

test('a channel is tried at once and says what is wrong', async () => {
  await mail.setUp('sms', mail.sms())
  const params = { channel: 'sms' as const }
  const trial = () =>
    root.call('POST /api/message-channels/:channel/test', { params, body: { address: '13900000000' } })
  expect(await trial()).toMatchObject({ ok: true, reason: null })
  mail.provider.answer = () => ({ status: 403, body: { error: 'wrong signature' } })
  expect(await trial()).toMatchObject({
    ok: false,
    reason: expect.stringContaining('wrong signature') as string,
  })
  await expect(mail.setUp('sms', { transport: 'smtp' })).rejects.toMatchObject({ code: 'input.invalid' })
})
