/** What people are told: with the transaction, in their language, once; who reads what; texts and their versions. */
import { readFile } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { deliverDue } from '../../platform/notify/deliver.ts'
import { notify } from '../../platform/notify/index.ts'
import type { TestClient, TestHub } from '../../platform/testing.ts'
import { MessagesFixture } from './testing.ts'

let mail: MessagesFixture
let hub: TestHub
let root: TestClient
let projectId: string
let otherId: string

beforeAll(async () => {
  mail = await MessagesFixture.open()
  ;({ hub, root, projectId, otherId } = mail)
})
afterAll(() => mail?.close())
beforeEach(() => mail.reset())

test('a message comes with the transaction or not at all; it is in the app and in the files of the channels', async () => {
  const reader = await mail.person({ email: 'wang@example.org', phone: '13800001234' })
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
  const rows = await mail.outbox(id)
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
  const reader = await mail.person()
  const to = [{ kind: 'users' as const, ids: [reader.userId] }]
  const dedupeKey = randomUUID()
  const ids = await Promise.all([
    mail.tell({ to, dedupeKey }),
    mail.tell({ to, dedupeKey }),
    mail.tell({ to, dedupeKey }),
  ])
  expect(ids.filter((id) => id !== null)).toHaveLength(1)
  expect(await reader.call('GET /api/messages/count')).toEqual({ unread: 1 })
})

test('everybody reads only what is his, in his language', async () => {
  const [one, other] = [await mail.person(), await mail.person()]
  const wish = { language: 'en' as const, mutedChannels: [], quiet: null, mutedUntil: null }
  await one.call('PUT /api/messages/preferences', { body: wish })
  await mail.tell({ to: [{ kind: 'users', ids: [one.userId] }] })
  const { items } = await one.call('GET /api/messages')
  expect(items).toMatchObject([{ subject: 'No water 11-22' }])
  expect((await other.call('GET /api/messages')).items).toEqual([])
  await other.call('POST /api/messages/read', { body: { ids: [items[0]!.id] } })
  expect(await one.call('GET /api/messages/count')).toEqual({ unread: 1 })
})

test('the outbox is for those who may read it, of their projects, with numbers masked', async () => {
  const reader = await mail.person({ phone: '13800001234' })
  const id = await mail.tell({ to: [{ kind: 'users', ids: [reader.userId] }], channels: ['sms'] })
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
  const reader = await mail.person()
  await mail.tell({ to: [{ kind: 'users', ids: [reader.userId] }] })
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
