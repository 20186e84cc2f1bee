import { once } from 'node:events'
import { connect as connectSocket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import mqtt, { type MqttClient } from 'mqtt'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { BrokerMessage, ClientPresence } from './broker.ts'
import { EmbeddedBroker, MAX_PACKET_BYTES } from './embedded-broker.ts'

let broker: EmbeddedBroker
const clients: MqttClient[] = []
const plainAt = (port: number) => ({
  plain: { host: '127.0.0.1', port },
  tls: null,
  publicUrl: null,
  log: pino({ level: 'silent' }),
})
beforeEach(async () => {
  broker = new EmbeddedBroker(plainAt(0))
  await broker.start()
  broker.setAuthenticator({
    authenticate: async (username, password) => password === `secret of ${username}`,
    authenticateCertificate: async () => false,
    canPublish: (username, topic) => topic.startsWith(`site/${username}/up/`),
    canSubscribe: (username, filter) => filter.startsWith(`site/${username}/down/`),
  })
})
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.endAsync(true)))
  await broker.stop()
})

function connect(username: string, password = `secret of ${username}`, more: object = {}): MqttClient {
  const client = mqtt.connect(broker.publicUrl.replace('localhost', '127.0.0.1'), {
    username,
    password,
    reconnectPeriod: 0,
    protocolVersion: 4,
    ...more,
  })
  client.on('error', () => undefined)
  clients.push(client)
  return client
}

async function connected(username: string, more: object = {}): Promise<MqttClient> {
  const client = connect(username, undefined, more)
  await next(client, 'connect')
  return client
}

test('lets in who has the password, and nobody before there is an authenticator', async () => {
  await connected('g1')
  const wrong = connect('g1', 'guess')
  const [error] = (await next(wrong, 'error')) as [{ code: number }]
  expect(error.code).toBe(5)
  const early = new EmbeddedBroker(plainAt(0))
  await early.start()
  expect(early.state().ok).toBe(false)
  const client = mqtt.connect(`mqtt://127.0.0.1:${early.port}`, {
    username: 'g1',
    password: 'secret of g1',
    reconnectPeriod: 0,
  })
  client.on('error', () => undefined)
  await next(client, 'close')
  expect(client.connected).toBe(false)
  await client.endAsync(true)
  await early.stop()
})

test('a gateway publishes and reads under its own topics only', async () => {
  const heard: string[] = []
  await broker.subscribe('site/+/up/#', async ({ topic }) => void heard.push(topic))
  const one = await connected('g1')
  await one.publishAsync('site/g1/up/batch', 'x', { qos: 1 })
  const refused = await one.subscribeAsync('site/g2/down/ack', { qos: 1 }).catch((error: unknown) => error)
  expect(JSON.stringify(refused)).toMatch(/128|Unspecified/)
  const closed = next(one, 'close')
  one.publish('site/g2/up/batch', 'forged', { qos: 1 })
  await closed
  expect(heard).toEqual(['site/g1/up/batch'])
})

test('acknowledges a message when it is taken in, not before; a fault leaves it unacknowledged', async () => {
  const gate = Promise.withResolvers<void>()
  const seen: BrokerMessage[] = []
  await broker.subscribe('site/+/up/#', async (message) => {
    seen.push(message)
    await gate.promise
    if (message.payload.toString() === 'bad') throw new Error('database away')
  })
  const client = await connected('g1')
  let acknowledged = false
  const sent = client.publishAsync('site/g1/up/batch', 'good', { qos: 1 }).then(() => (acknowledged = true))
  while (seen.length === 0) await sleep(5)
  await sleep(50)
  expect(acknowledged).toBe(false)
  gate.resolve()
  await sent
  const closed = next(client, 'close')
  client.publish('site/g1/up/batch', 'bad', { qos: 1 }, () => undefined)
  await closed
  expect(seen.map((message) => message.payload.toString())).toEqual(['good', 'bad'])
})

test('a flood waits in the socket: only a bounded part is in memory while the hub is busy', async () => {
  const gate = Promise.withResolvers<void>()
  let begun = 0
  await broker.subscribe('site/+/up/#', async () => {
    begun++
    await gate.promise
  })
  const client = await connected('g1')
  const body = Buffer.alloc(20_000)
  const all = Array.from({ length: 500 }, () => client.publishAsync('site/g1/up/batch', body, { qos: 1 }))
  await sleep(500)
  const heldBack = begun
  expect(heldBack).toBeLessThan(50)
  gate.resolve()
  await Promise.all(all)
  expect(begun).toBe(500)
})

test('answers reach the gateway while its own message is still handled', async () => {
  await broker.subscribe('site/+/up/#', async () => broker.publish('site/g1/down/ack', 'done', { qos: 1 }))
  const client = await connected('g1')
  await client.subscribeAsync('site/g1/down/#', { qos: 1 })
  const answer = next(client, 'message')
  await Promise.all(
    Array.from({ length: 200 }, () => client.publishAsync('site/g1/up/batch', 'x', { qos: 1 })),
  )
  expect(String((await answer)[1])).toBe('done')
})

test('tells who comes and goes, the will included, and ends the connections of a revoked user', async () => {
  const presence: ClientPresence[] = []
  const wills: string[] = []
  broker.onPresence((one) => presence.push(one))
  await broker.subscribe('site/+/up/presence', async ({ payload }) => void wills.push(payload.toString()))
  const will = { topic: 'site/g1/up/presence', payload: Buffer.from('gone'), qos: 1 as const, retain: true }
  const client = await connected('g1', { clientId: 'c1', will })
  const closed = next(client, 'close')
  await broker.disconnect('g1')
  await closed
  while (wills.length === 0) await sleep(5)
  expect(wills).toEqual(['gone'])
  expect(presence).toEqual([
    { clientId: 'c1', username: 'g1', connected: true },
    { clientId: 'c1', username: 'g1', connected: false },
  ])
})

test('ends a connection that announces more than is allowed, before the bytes are collected', async () => {
  const client = await connected('g1')
  const closed = next(client, 'close')
  client.publish('site/g1/up/batch', Buffer.alloc(MAX_PACKET_BYTES + 1), { qos: 1 }, () => undefined)
  await closed
  // Before a client has shown who it is, much less
  const socket = connectSocket(broker.port!, '127.0.0.1')
  await once(socket, 'connect')
  socket.on('error', () => undefined)
  socket.write(Buffer.from([0x10, 0xff, 0xff, 0x03]))
  await once(socket, 'close')
  const largest = await connected('g2')
  await largest.publishAsync('site/g2/up/batch', Buffer.alloc(MAX_PACKET_BYTES - 100), { qos: 1 })
})

test('slows a gateway down that sends too fast, and loses nothing', async () => {
  const taken: string[] = []
  const slow = new EmbeddedBroker({ ...plainAt(0), messagesPerSecond: 20 })
  await slow.start()
  slow.setAuthenticator({
    authenticate: async () => true,
    authenticateCertificate: async () => false,
    canPublish: () => true,
    canSubscribe: () => true,
  })
  await slow.subscribe('site/+/up/#', async ({ payload }) => void taken.push(payload.toString()))
  const options = { username: 'g1', password: 'x', reconnectPeriod: 0, protocolVersion: 4 } as const
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${slow.port}`, options)
  const beganMs = performance.now()
  const sent = Array.from({ length: 120 }, (_, n) => String(n))
  await Promise.all(sent.map((text) => client.publishAsync('site/g1/up/batch', text, { qos: 1 })))
  // A hundred at once, twenty in the second after
  expect(performance.now() - beganMs).toBeGreaterThan(800)
  expect(taken).toEqual(sent)
  expect(slow.counters().slowedDown).toBe(20)
  // A new connection is no new allowance
  const again = await mqtt.connectAsync(`mqtt://127.0.0.1:${slow.port}`, { ...options, clientId: 'other' })
  await again.publishAsync('site/g1/up/batch', 'x', { qos: 1 })
  expect(slow.counters().slowedDown).toBe(21)
  await Promise.all([client.endAsync(true), again.endAsync(true)])
  await slow.stop()
})

test('keeps out strangers beyond what it can watch, and lets in who comes after they have gone', async () => {
  const port = broker.port!
  const strangers = Array.from({ length: 64 }, () => connectSocket(port, '127.0.0.1'))
  await Promise.all(strangers.map((socket) => once(socket, 'connect')))
  await sleep(50)
  const early = connect('g1')
  await next(early, 'close')
  expect(early.connected).toBe(false)
  expect(broker.counters().refused).toBeGreaterThan(0)
  const gone = strangers.map((socket) => once(socket, 'close'))
  for (const socket of strangers) socket.destroy()
  await Promise.all(gone)
  await sleep(50)
  await connected('g1')
})

test('bytes that are no MQTT end the connection and nothing else', async () => {
  const socket = connectSocket(broker.port!, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write('GET / HTTP/1.1\r\n\r\n')
  await once(socket, 'close')
  await connected('g1')
})

test('a taken port is told with the name of the setting', async () => {
  const second = new EmbeddedBroker(plainAt(broker.port!))
  await expect(second.start()).rejects.toMatchObject({
    code: 'broker.unavailable',
    message: expect.stringContaining('MQTT_PORT') as string,
  })
})

/** Arguments of the client's next such event; errors are events too. */
function next(client: MqttClient, event: 'connect' | 'close' | 'error' | 'message'): Promise<unknown[]> {
  return new Promise((resolve) => client.once(event, (...values: unknown[]) => resolve(values)))
}
