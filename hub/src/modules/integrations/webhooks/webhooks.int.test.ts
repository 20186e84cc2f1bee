import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook as Verifier } from 'standardwebhooks'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { RouteBody } from '@courtyard/protocols/contract'
import { manualClock } from '../../../platform/clock.ts'
import type { HubModule } from '../../../platform/module.ts'
import { startTestHub, type TestClient, type TestHub } from '../../../platform/testing.ts'
import { claimDue } from '../../../platform/webhooks/delivery.repository.ts'
import { emitEvent } from '../../../platform/webhooks/index.ts'
import { WebhookSender } from '../../../platform/webhooks/sender.ts'
import { accountsModule } from '../../accounts/index.ts'
import { estateModule } from '../../estate/index.ts'
import { lostAndFoundModule } from '../../lost-and-found/index.ts'
import { notificationsModule } from '../../notifications/index.ts'
import { recordsModule } from '../../records/index.ts'
import { integrationsModule } from '../index.ts'
import { tellOfFailing } from './failing.service.ts'

/** The verifier refuses what is minutes old: the clock begins where the real one is. */
const clock = manualClock(new Date().toISOString())
/** Without the loop: tests say when it is looked through. */
const silentModule: HubModule = {
  name: integrationsModule.name,
  routes: (app) => integrationsModule.routes?.(app),
}
let hub: TestHub
let root: TestClient
let mine: string
let other: string
let sender: WebhookSender
let server: Server
let receiver: string
interface Received {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}
const received: Received[] = []
let answer = { status: 200, body: 'thanks' }

beforeAll(async () => {
  const records = [estateModule, recordsModule, lostAndFoundModule]
  const modules = [accountsModule, ...records, notificationsModule, silentModule]
  hub = await startTestHub({ modules, clock, environment: { WEBHOOK_LOOPBACK: 'on', SESSION_HOURS: '720' } })
  root = await hub.as('administrator')
  const project = async (code: string) =>
    (await hub.hub.db.prisma.project.create({ data: { code, name: code, timeZone: 'UTC' } })).id
  mine = await project('mine')
  other = await project('other')
  sender = new WebhookSender(hub.hub)
  server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      received.push({ path: request.url!, headers: request.headers, body: Buffer.concat(parts).toString() })
      response.writeHead(answer.status).end(answer.body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  receiver = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  server.close()
  await hub.stop()
})
beforeEach(async () => {
  // Those of the test before are told no more
  await hub.hub.db.pool.query(`update webhook set active = false, archived_at = now()`)
  received.length = 0
  answer = { status: 200, body: 'thanks' }
})

type Wish = Partial<RouteBody<'POST /api/webhooks'>>
const subscribe = (owner: TestClient, wish: Wish = {}) =>
  owner.call('POST /api/webhooks', {
    body: {
      ...{ name: 'Receiver', url: `${receiver}/hook`, events: ['lostItem.created'] },
      ...{ place: { all: false as const, projectIds: [mine] }, ...wish },
    },
  })
const happen = (projectId: string | null = mine, type = 'lostItem.created') =>
  hub.hub.db.transaction((tx) => emitEvent(tx, clock.now(), { type, projectId, data: { id: 'x' } }))
const deliveries = async (id: string, client = root) =>
  (await client.call('GET /api/webhooks/:id/deliveries', { params: { id } })).items
const later = (ms: number) => clock.set(new Date(clock.now().getTime() + ms).toISOString())
const post = async (projectId = mine) => {
  const payload = { projectId, title: 'Umbrella', placeText: 'Gate', foundAt: '2026-11-20T03:00:00Z' }
  const request = { method: 'POST', url: '/api/lost-items', payload, headers: root.headers } as const
  const made = await hub.app.inject(request)
  expect(made.statusCode, made.body).toBe(200)
  return made.json<{ id: string; version: number }>()
}

test('what happens is told once, signed as another implementation of the standard reads it', async () => {
  const { webhook, secret } = await subscribe(root)
  const { id } = await post()
  await post(other)
  const rolledBack = hub.hub.db.transaction(async (tx) => {
    await emitEvent(tx, clock.now(), { type: 'lostItem.created', projectId: mine, data: {} })
    throw new Error('taken back')
  })
  await expect(rolledBack).rejects.toThrow('taken back')
  await Promise.all([sender.deliverDue(), new WebhookSender(hub.hub).deliverDue()])
  expect(received).toHaveLength(1)
  const [{ headers, body, path }] = received as [Received]
  expect([path, headers['content-type']]).toEqual(['/hook', 'application/json'])
  const payload = new Verifier(secret).verify(body, headers as Record<string, string>)
  expect(payload).toEqual({
    ...{ type: 'lostItem.created', timestamp: clock.now().toISOString() },
    data: {
      ...{ resource: 'lostItem', id, action: 'create', path: `/api/lost-items/${id}` },
      fields: expect.arrayContaining(['title', 'foundAt']) as unknown,
    },
  })
  expect(body).not.toContain('Umbrella')
  const tampered = body.replace('create', 'delete')
  expect(() => new Verifier(secret).verify(tampered, headers as Record<string, string>)).toThrow()
  const [delivery] = await deliveries(webhook.id)
  expect(delivery).toMatchObject({
    state: 'delivered',
    attempts: 1,
    status: 200,
    eventId: headers['webhook-id'],
  })
  expect(await root.call('GET /api/webhooks/:id', { params: { id: webhook.id } })).toMatchObject({
    delivered: 1,
    waiting: 0,
  })
})

test('a record is told of when it is changed, archived and brought back', async () => {
  const events = ['changed', 'archived', 'restored'].map((word) => `lostItem.${word}`)
  await subscribe(root, { events })
  const { id, version } = await post()
  const act = async (method: 'PATCH' | 'POST', path: string, payload: object) =>
    (await hub.app.inject({ method, url: `/api/lost-items/${id}${path}`, payload, headers: root.headers }))
      .statusCode
  expect(await act('PATCH', '', { version, values: { title: 'A bunch of keys' } })).toBe(200)
  const claim = {
    action: 'claim',
    selection: { ids: [id] },
    values: { claimantName: 'Li Wei', claimantPhone: '13800001234' },
  }
  const claimed = await hub.app.inject({
    method: 'POST',
    url: '/api/lost-items/bulk',
    payload: claim,
    headers: root.headers,
  })
  expect(claimed.json()).toMatchObject({ done: 1 })
  expect(await act('POST', '/archive', { version: version + 2 })).toBe(200)
  expect(await act('POST', '/restore', { version: version + 3 })).toBe(200)
  await sender.deliverDue()
  const told = received.map(({ body }) => JSON.parse(body) as { type: string; data: { fields: string[] } })
  expect(told.map(({ type }) => type).sort()).toEqual([...events, 'lostItem.changed'].sort())
  const changes = told.filter(({ type }) => type === 'lostItem.changed').map(({ data }) => data.fields)
  expect(changes).toEqual(expect.arrayContaining([['title'], expect.arrayContaining(['claimantPhone'])]))
  // No values: who may see a masked number is asked where it is read
  expect(received.map(({ body }) => body).join()).not.toMatch(/138\d{4}|Li Wei/)
})

test('who does not take it is asked again, later and later, up to a day; then it lies dead until somebody resends it', async () => {
  const { webhook } = await subscribe(root)
  answer = { status: 503, body: 'closed for lunch' }
  await happen()
  const pauses: number[] = []
  for (;;) {
    await sender.deliverDue()
    const [delivery] = await deliveries(webhook.id)
    if (!delivery?.nextAt) break
    expect(delivery.state).toBe('failed')
    pauses.push((Date.parse(delivery.nextAt) - clock.now().getTime()) / 1000)
    later(pauses.at(-1)! * 1000)
  }
  expect(pauses).toEqual([5, 60, 300, 1800, 7200, 21_600, 43_200, 86_400])
  expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  expect(new Set(received.map(({ body }) => body)).size).toBe(1)
  const [dead] = await deliveries(webhook.id)
  expect([dead!.state, dead!.attempts]).toEqual(['dead', 9])
  const params = { id: dead!.id }
  const detail = await root.call('GET /api/webhook-deliveries/:id', { params })
  expect(detail.tries).toHaveLength(9)
  expect(detail.tries[0]).toMatchObject({
    status: 503,
    body: 'closed for lunch',
    fault: 'the receiver answered HTTP 503',
  })
  answer = { status: 204, body: '' }
  const resend = () => root.raw('POST /api/webhook-deliveries/:id/send-again', { params })
  expect((await Promise.all([resend(), resend()])).map(({ status }) => status).sort()).toEqual([200, 409])
  await sender.deliverDue()
  expect(await deliveries(webhook.id)).toMatchObject([{ state: 'delivered', status: 204 }])
})

test('when nothing gets through for a day, those who may mend it are told once, and once when it works again', async () => {
  const [inside, outside] = await Promise.all([
    hub.as('administrator', [mine]),
    hub.as('administrator', [other]),
  ])
  const { webhook } = await subscribe(root)
  const toldTo = async (who: TestClient) =>
    (await who.call('GET /api/messages')).items.map(({ template, subject }) => [template.key, subject])
  const failingSince = async () =>
    (await root.call('GET /api/webhooks/:id', { params: { id: webhook.id } })).failingSince
  answer = { status: 503, body: '' }
  const since = clock.now().toISOString()
  await happen()
  await sender.deliverDue()
  later(23 * 3_600_000)
  await happen()
  await sender.deliverDue()
  await tellOfFailing(hub.hub)
  expect([await failingSince(), await toldTo(inside)]).toEqual([since, []])
  later(3_600_000)
  // Two processes look at the same time
  await Promise.all([tellOfFailing(hub.hub), tellOfFailing(hub.hub)])
  later(86_400_000)
  await tellOfFailing(hub.hub)
  expect(await toldTo(inside)).toEqual([['webhook.failing', expect.stringContaining('Receiver')]])
  expect(await toldTo(outside)).toEqual([])
  answer = { status: 200, body: '' }
  const trial = await root.call('POST /api/webhooks/:id/test', { params: { id: webhook.id } })
  expect([trial.state, await failingSince()]).toEqual(['delivered', since])
  await sender.deliverDue()
  answer = { status: 503, body: '' }
  // It fails anew before anybody has looked
  later(60_000)
  await happen()
  await sender.deliverDue()
  await tellOfFailing(hub.hub)
  await tellOfFailing(hub.hub)
  expect((await toldTo(inside)).map(([key]) => key)).toEqual(['webhook.recovered', 'webhook.failing'])
  expect(await failingSince()).toBe(clock.now().toISOString())
})

test('a receiver that is gone for good is not asked again', async () => {
  const { webhook } = await subscribe(root)
  answer = { status: 410, body: '' }
  await happen()
  await sender.deliverDue()
  expect(await deliveries(webhook.id)).toMatchObject([{ state: 'dead', attempts: 1 }])
})

test('one who dies while sending leaves it to another, after a minute', async () => {
  const { webhook } = await subscribe(root)
  await happen()
  const now = clock.now()
  const until = new Date(now.getTime() + 60_000)
  expect(await claimDue(hub.hub.db.pool, { most: 4, except: [], now, until })).toHaveLength(1)
  await sender.deliverDue()
  expect(received).toHaveLength(0)
  later(60_000)
  await sender.deliverDue()
  expect(await deliveries(webhook.id)).toMatchObject([{ state: 'delivered', attempts: 2 }])
})

test('while a secret is exchanged deliveries carry both signatures', async () => {
  clock.set(new Date().toISOString())
  const { webhook, secret } = await subscribe(root)
  const next = await root.call('POST /api/webhooks/:id/rotate-secret', {
    params: { id: webhook.id },
    body: { version: webhook.version },
  })
  await happen()
  await sender.deliverDue()
  const [{ headers, body }] = received as [Received]
  for (const one of [secret, next.secret]) {
    expect(() => new Verifier(one).verify(body, headers as Record<string, string>)).not.toThrow()
  }
  later(25 * 3_600_000)
  await happen()
  await sender.deliverDue()
  expect(received[1]!.headers['webhook-signature']).not.toContain(' ')
  const sealed = await hub.hub.db.pool.query<{ text: string }>('select w::text as text from webhook w')
  expect(sealed.rows.map(({ text }) => text).join()).not.toContain(secret.slice(6))
})

test('nobody is told what he may not read, also when he could once', async () => {
  const owner = await hub.as('administrator', [mine])
  const fault = (path: string) => ({ details: { issues: [{ path }] } })
  const place = { all: false as const, projectIds: [mine, other] }
  await expect(subscribe(owner, { place })).rejects.toMatchObject(fault('place'))
  await expect(subscribe(owner, { place: { all: true } })).rejects.toMatchObject(fault('place'))
  await expect(subscribe(owner, { events: ['nothing.happened'] })).rejects.toMatchObject(fault('events'))
  await expect(subscribe(owner, { url: 'https://me:pw@example.com' })).rejects.toMatchObject(fault('url'))
  const { webhook } = await subscribe(owner)
  const wide = await subscribe(root, { place: { all: true } })
  expect((await owner.call('GET /api/webhooks')).map(({ id }) => id)).toEqual([webhook.id])
  const params = { id: wide.webhook.id }
  expect((await owner.raw('POST /api/webhooks/:id/test', { params })).status).toBe(404)
  await hub.hub.db.prisma.roleAssignment.updateMany({
    where: { userId: owner.userId },
    data: { projectIds: [other] },
  })
  await happen()
  await sender.deliverDue()
  expect(received).toHaveLength(1)
  const [refused] = await deliveries(webhook.id)
  expect([refused!.state, refused!.fault]).toEqual(['dead', expect.stringContaining('lostItem.read')])
  const taken = await root.call('POST /api/webhooks/:id/take-over', {
    params: { id: webhook.id },
    body: { version: webhook.version },
  })
  expect(taken.isMine).toBe(true)
  await happen()
  await sender.deliverDue()
  expect(received).toHaveLength(3)
})

test('what lies in no project is told to those who keep all of them', async () => {
  await subscribe(root)
  const { webhook } = await subscribe(root, { place: { all: true } })
  await happen(null)
  await sender.deliverDue()
  expect(received).toHaveLength(1)
  expect(await deliveries(webhook.id)).toMatchObject([{ projectId: null, state: 'delivered' }])
})

test('a trial is sent at once, also while paused, and never into a network that is closed', async () => {
  const { webhook, secret } = await subscribe(root, { active: false })
  await happen()
  const trial = (id: string) => root.call('POST /api/webhooks/:id/test', { params: { id } })
  expect(await trial(webhook.id)).toMatchObject({
    state: 'delivered',
    type: 'webhook.test',
    tries: [{ body: 'thanks' }],
  })
  expect(received).toHaveLength(1)
  expect(secret).toMatch(/^whsec_/)
  const inside = await subscribe(root, { url: 'http://10.255.255.1/hook' })
  const refused = await trial(inside.webhook.id)
  expect([refused.state, refused.nextAt, refused.fault]).toEqual([
    'dead',
    null,
    expect.stringContaining('private network'),
  ])
  const metadata = await subscribe(root, { url: 'http://169.254.169.254/latest' })
  expect((await trial(metadata.webhook.id)).fault).toContain('inside of a cloud')
})

test('changes are by version, and an ended webhook sends nothing that waits', async () => {
  const { webhook } = await subscribe(root)
  const params = { id: webhook.id }
  const edit = (version: number) =>
    root.raw('PATCH /api/webhooks/:id', { params, body: { version, name: 'Renamed' } })
  expect((await Promise.all([edit(1), edit(1)])).map(({ status }) => status).sort()).toEqual([200, 409])
  await happen()
  await root.call('DELETE /api/webhooks/:id', { params })
  await sender.deliverDue()
  expect(received).toHaveLength(0)
  expect((await root.raw('GET /api/webhooks/:id', { params })).status).toBe(404)
})
