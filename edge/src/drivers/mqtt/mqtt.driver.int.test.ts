/** The driver against the real Mosquitto with a password file, and against aedes inside this process. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createConnection, createServer, type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Aedes } from 'aedes'
import { connectAsync, type MqttClient } from 'mqtt'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Quality, type Reading } from '@courtyard/protocols/contract'
import { loadProfiles } from '@courtyard/protocols/profile'
import { SILENT_AFTER_MS } from '../../testing/contract-kit.ts'
import { describeDriverContract } from '../../testing/driver-contract.ts'
import { testDriverContext, type TestContext } from '../../testing/driver-context.ts'
import { TestAuthority } from '../../testing/test-authority.ts'
import type { DriverContext } from '../driver.ts'
import { mqttDriver } from './index.ts'
import { MqttBusConfig } from './mqtt.config.ts'

const profiles = loadProfiles()
const MOSQUITTO = '/usr/sbin/mosquitto'
const hasMosquitto = existsSync(MOSQUITTO) || process.env['CI'] !== undefined
const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

interface Broker {
  readonly port: number
  readonly user?: string
}

interface Tls {
  readonly key: string
  readonly cert: string
}

/** With TLS on 127.0.0.1 and on 127.0.0.2, which the certificate does not name. */
async function startMosquitto(
  fixedPort?: number | null,
  tls?: Tls,
): Promise<Broker & { process: ChildProcess }> {
  const port = fixedPort ?? (await freePort())
  const folder = await mkdtemp(join(tmpdir(), 'courtyard-mosquitto-'))
  await chmod(folder, 0o755)
  const secured = tls ? `\ncertfile ${folder}/cert\nkeyfile ${folder}/key` : ''
  const hosts = tls ? ['127.0.0.1', '127.0.0.2'] : ['127.0.0.1']
  const listeners = hosts.map((host) => `listener ${port} ${host}${secured}\n`).join('')
  await writeFile(join(folder, 'conf'), `${listeners}allow_anonymous false\npassword_file ${folder}/users\n`)
  for (const part of tls ? (['key', 'cert'] as const) : []) await writeFile(join(folder, part), tls![part])
  const made = spawnSync('mosquitto_passwd', ['-b', '-c', join(folder, 'users'), 'edge', 'right'])
  if (made.status !== 0) throw new Error(`mosquitto_passwd: ${String(made.stderr)}`)
  await chmod(join(folder, 'users'), 0o644)
  const child = spawn(MOSQUITTO, ['-c', join(folder, 'conf')], { stdio: ['ignore', 'ignore', 'pipe'] })
  child.stderr.resume()
  const ended = new Promise((resolve) => child.once('exit', resolve))
  stops.push(async () => {
    child.kill()
    await ended
    await rm(folder, { recursive: true })
  })
  await expect.poll(() => isListening(port), { timeout: 5_000 }).toBe(true)
  return { port, user: 'edge', process: child }
}

async function startAedes(): Promise<Broker & { server: Server }> {
  const broker = await Aedes.createBroker()
  const server = createServer(broker.handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stops.push(async () => {
    await new Promise<void>((resolve) => broker.close(() => resolve()))
    await new Promise((resolve) => server.close(resolve))
  })
  return { port: (server.address() as AddressInfo).port, server }
}

const device = (key: string, id: string, profile: string) => ({
  key,
  address: { id },
  profile: profiles.get(profile)!,
})
const standard = [
  device('m', 'm1', 'mqtt-nbiot-water-meter'),
  device('p', 'plug', 'mqtt-shelly-gen2-plug'),
  device('z', 'room', 'mqtt-zigbee2mqtt-climate'),
]

function create(
  broker: Broker,
  more: object = {},
  change: Partial<DriverContext<MqttBusConfig>> = {},
  devices = standard,
) {
  // prettier-ignore
  const bus = MqttBusConfig.parse({ url: `mqtt://127.0.0.1:${broker.port}`, clientId: 'gateway-1', ...(broker.user ? { user: 'edge', password: 'right' } : {}), timeoutMs: 1_000, ...more }) // prettier-ignore
  const context = testDriverContext(bus, change)
  const driver = mqttDriver.create(context, devices)
  stops.push(() => driver.stop())
  return { driver, context }
}

async function connected(
  broker: Broker,
  more: object = {},
  change: Partial<DriverContext<MqttBusConfig>> = {},
  devices = standard,
) {
  // prettier-ignore
  const made = create(broker, more, change, devices)
  await made.driver.start!()
  await expect.poll(() => made.driver.connected, { timeout: 8_000 }).toBe(true)
  return made
}

async function publisher(broker: Broker): Promise<MqttClient> {
  const url = `mqtt://127.0.0.1:${broker.port}`
  const wait = () => connectAsync(url, broker.user ? { username: 'edge', password: 'right' } : {}, false)
  const client = await wait()
  stops.push(() => client.endAsync(true))
  return client
}

const hourly = (count: number, from = 0) =>
  JSON.stringify({ readings: Array.from({ length: count }, (_, n) => ({ time: 1_767_225_600 + (from + n) * 3_600, volume: (from + n) / 8 })) }) // prettier-ignore
const readingsOf = (context: TestContext<MqttBusConfig>): Reading[] =>
  context.emissions.flatMap(({ readings = [] }) => [...readings])

const brokers = [
  ['aedes', 4, startAedes],
  ...(hasMosquitto ? ([['mosquitto', 4, startMosquitto], ['mosquitto', 5, startMosquitto]] as const) : []), // prettier-ignore
] as const

test.each(brokers)('%s, version %i: readings as they come, and what was sent while away', async (_, protocolVersion, start) => {
  const broker = await start()
  const client = await publisher(broker)
  const { driver, context } = await connected(broker, { protocolVersion })
  expect((await driver.poll('m', 'energy')).message).toBe('nothing heard yet')
  await client.publishAsync('meters/m1/report', hourly(3), { qos: 1 })
  await expect.poll(() => readingsOf(context).length).toBe(3)
  expect(readingsOf(context)[1]).toEqual({ point: 'm/volume', atMs: 1_767_229_200_000, mantissa: 125, scale: 3, quality: Quality.good }) // prettier-ignore
  expect(await driver.poll('m', 'energy')).toMatchObject({ failure: null, message: null })
  await driver.stop()
  for (let n = 0; n < 30; n++) await client.publishAsync('meters/m1/report', hourly(1, 10 + n), { qos: 1 })
  const again = await connected(broker, { protocolVersion })
  await expect.poll(() => readingsOf(again.context).length, { timeout: 5_000 }).toBe(30)
}) // prettier-ignore

test.each(brokers)('%s, version %i: what is not on the disk is sent again, in order', async (_, protocolVersion, start) => {
  const broker = await start()
  const client = await publisher(broker)
  const stored: Reading[] = []
  const first = await connected(broker, { protocolVersion }, { offer: () => new Promise<never>(() => {}) })
  for (let n = 0; n < 5; n++) await client.publishAsync('meters/m1/report', hourly(1, n), { qos: 1 })
  await new Promise((resolve) => setTimeout(resolve, 200))
  // As after kill -9: nothing was acknowledged, the five are not lost.
  await first.driver.stop()
  let full = true
  const second = create(broker, { protocolVersion }, { offer: ({ readings = [] }) => (full ? Promise.reject(new Error('disk full')) : Promise.resolve(void stored.push(...readings))) }) // prettier-ignore
  await second.driver.start!()
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(stored).toEqual([])
  full = false
  await expect.poll(() => stored.length, { timeout: 8_000 }).toBeGreaterThanOrEqual(5)
  expect([...new Set(stored.map(({ mantissa }) => mantissa))]).toEqual([0, 125, 250, 375, 500])
}) // prettier-ignore

test('a slow disk does not hold back the next message', async () => {
  const broker = await startAedes()
  const client = await publisher(broker)
  let open = 0
  let most = 0
  const { context } = await connected(broker, {}, {})
  const slow = await connected(broker, { clientId: 'gateway-2' }, {
    offer: async () => {
      most = Math.max(most, ++open)
      await new Promise((resolve) => setTimeout(resolve, 100))
      open -= 1
    },
  }) // prettier-ignore
  for (let n = 0; n < 10; n++) await client.publishAsync('meters/m1/report', hourly(1, n), { qos: 1 })
  await expect.poll(() => readingsOf(context).length).toBe(10)
  await expect.poll(() => most).toBeGreaterThan(3)
  expect(slow.driver.connected).toBe(true)
})

test('a command is confirmed by the state that comes back, and never repeated', async () => {
  const broker = await startAedes()
  const client = await publisher(broker)
  const heard: string[] = []
  let answers = true
  client.on('message', (topic, payload) => {
    heard.push(`${topic} ${String(payload)}`)
    if (answers) void client.publishAsync('plug/status/switch:0', `{"id":0,"output":${String(payload) === 'on'},"apower":1.5,"voltage":230.1,"current":0.01,"aenergy":{"total":5.1}}`, { qos: 1 }) // prettier-ignore
  })
  await client.subscribeAsync('+/command/#')
  const { driver } = await connected(broker)
  const off = { target: 'relay', body: { kind: 'relay', action: 'open' } } as const
  expect(await driver.execute!('p', off)).toMatchObject({ result: 'confirmed', readings: [{ point: 'p/relay', mantissa: 0 }] }) // prettier-ignore
  expect(await driver.confirm!('p', off)).toMatchObject({ result: 'confirmed' })
  expect(await driver.confirm!('p', { target: 'relay', body: { kind: 'relay', action: 'close' } })).toBeNull()
  answers = false
  expect(await driver.execute!('p', { target: 'relay', body: { kind: 'relay', action: 'close' } })).toMatchObject({ result: 'acknowledged', message: expect.stringMatching(/told nothing within 5 s/) as string }) // prettier-ignore
  expect(heard).toEqual(['plug/command/switch:0 off', 'plug/command/switch:0 on'])
  expect(await driver.execute!('z', off)).toMatchObject({ result: 'failed', uncertain: false })
  await driver.stop()
  expect(await driver.execute!('p', off)).toMatchObject({ result: 'failed', uncertain: false })
}, 15_000)

describe.runIf(hasMosquitto)('over TLS', () => {
  const over = (port: number, more: object, host = '127.0.0.1') => ({
    url: `mqtts://${host}:${port}`,
    ...more,
  })

  test.each([4, 5])('version %i: readings with the CA of the broker', async (protocolVersion) => {
    const authority = await TestAuthority.create()
    const broker = await startMosquitto(null, await authority.server())
    const options = { ca: authority.pem, username: 'edge', password: 'right' }
    const client = await connectAsync(`mqtts://127.0.0.1:${broker.port}`, options, false)
    stops.push(() => client.endAsync(true))
    const { driver, context } = await connected(
      broker,
      over(broker.port, { ca: authority.pem, protocolVersion }),
    )
    await client.publishAsync('meters/m1/report', hourly(2), { qos: 1 })
    await expect.poll(() => readingsOf(context).length).toBe(2)
    await driver.stop()
  })

  test('another CA, none, or a certificate of another host: refused in words, and nobody signs in', async () => {
    const [authority, stranger] = [await TestAuthority.create(), await TestAuthority.create()]
    const broker = await startMosquitto(null, await authority.server())
    const signIns: string[] = []
    broker.process.stderr!.on('data', (text: Buffer) => {
      if (text.toString().includes('New client connected')) signIns.push(text.toString())
    })
    const refusals = [
      [over(broker.port, { ca: stranger.pem }), /signature|issuer|verify/],
      [over(broker.port, {}), /issuer|self-signed|verify/],
      [over(broker.port, { ca: authority.pem }, '127.0.0.2'), /127\.0\.0\.2 is not in the cert/],
    ] as const
    for (const [bus, words] of refusals) {
      const { driver } = create(broker, bus)
      await driver.start!()
      await expect.poll(async () => (await driver.poll('m', 'energy')).message).toMatch(words)
      expect((await driver.poll('m', 'energy')).failure?.quality).toBe(Quality.disconnected)
      expect(driver.connected).toBe(false)
      await driver.stop()
    }
    expect(signIns).toEqual([])
    // The same broker, asked rightly: what was refused above was the certificate
    await connected(broker, over(broker.port, { ca: authority.pem }))
    await expect.poll(() => signIns.length).toBe(1)
  })

  test('a broker without TLS is not spoken to', async () => {
    const broker = await startMosquitto()
    const authority = await TestAuthority.create()
    const { driver } = create(broker, over(broker.port, { ca: authority.pem }))
    await driver.start!()
    await expect
      .poll(async () => (await driver.poll('m', 'energy')).message)
      .toMatch(/not connected: (?!not connected yet)/)
    expect(driver.connected).toBe(false)
  })
})

test('a silent device is told, and told again when it speaks', async () => {
  const broker = await startAedes()
  const client = await publisher(broker)
  const profile = profiles.get('mqtt-zigbee2mqtt-climate')!
  const quick = { ...profile, mqtt: { ...profile.mqtt!, silentAfterMs: 400 } }
  const { driver, context } = await connected(broker, {}, {}, [{ key: 'z', address: { id: 'room' }, profile: quick }]) // prettier-ignore
  await expect.poll(() => context.notes.get('z')?.quality).toBe(Quality.timeout)
  const silent = await driver.poll('z', 'report')
  expect(silent.readings).toHaveLength(profile.points.length)
  for (const reading of silent.readings) expect(reading).toMatchObject({ mantissa: null, quality: Quality.timeout }) // prettier-ignore
  await client.publishAsync('zigbee2mqtt/room', '{"temperature":21.5,"humidity":40}', { qos: 1 })
  await expect.poll(() => context.notes.get('z')).toBeNull()
})

test('what a broker had kept comes once, uncertain, and proves no life', async () => {
  const broker = await startAedes()
  const client = await publisher(broker)
  await client.publishAsync('zigbee2mqtt/room', '{"temperature":21.5}', { qos: 1, retain: true })
  const { driver, context } = await connected(broker)
  await expect.poll(() => readingsOf(context).length).toBe(1)
  expect(readingsOf(context)).toMatchObject([{ mantissa: 2150, quality: Quality.uncertain }])
  expect((await driver.poll('z', 'report')).message).toBe('nothing heard yet')
})

test('messages that are not usable are counted, the device is told in words', async () => {
  const broker = await startAedes()
  const client = await publisher(broker)
  const { driver, context } = await connected(broker, { maxMessageBytes: 1_000 })
  await client.publishAsync('zigbee2mqtt/room', 'offline', { qos: 1 })
  await client.publishAsync('zigbee2mqtt/room', `{"a":"${'x'.repeat(2_000)}"}`, { qos: 1 })
  await expect.poll(async () => (await driver.poll('z', 'report')).message).toMatch(/^2 unusable messages; the last: .*too many/) // prettier-ignore
  await client.publishAsync('zigbee2mqtt/room', '{"temperature":20,"humidity":40}', { qos: 1 })
  await expect.poll(async () => (await driver.poll('z', 'report')).message).toBeNull()
  expect(readingsOf(context)).toHaveLength(2)
})

test.runIf(hasMosquitto)(
  'a wrong password is told; a broker that comes later is found',
  async () => {
    const broker = await startMosquitto()
    const wrong = create(broker, { password: 'wrong' })
    await wrong.driver.start!()
    await expect.poll(async () => (await wrong.driver.poll('m', 'energy')).message, { timeout: 5_000 }).toMatch(/refuses user or password/) // prettier-ignore
    expect((await wrong.driver.poll('m', 'energy')).failure?.quality).toBe(Quality.disconnected)
    await wrong.driver.stop()
    const port = await freePort()
    const early = create({ port, user: 'edge' }, { clientId: 'gateway-3' })
    await early.driver.start!()
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(early.driver.connected).toBe(false)
    await startMosquitto(port)
    await expect.poll(() => early.driver.connected, { timeout: 10_000 }).toBe(true)
  },
  20_000,
)

describe('devices that publish', () => {
  let broker: Aedes
  let server: Server
  let client: MqttClient
  let drivers = 0
  beforeAll(async () => {
    broker = await Aedes.createBroker()
    server = createServer(broker.handle)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    client = await connectAsync(`mqtt://127.0.0.1:${portOf(server)}`)
  })
  afterAll(async () => {
    await client.endAsync(true)
    await new Promise<void>((resolve) => broker.close(() => resolve()))
    await new Promise((resolve) => server.close(resolve))
  })
  const climate = profiles.get('mqtt-zigbee2mqtt-climate')!
  const profile = { ...climate, mqtt: { ...climate.mqtt!, silentAfterMs: SILENT_AFTER_MS } }
  // Each with a session of its own: what one left behind is not for the next
  const busAt = (port: number) =>
    MqttBusConfig.parse({
      url: `mqtt://127.0.0.1:${port}`,
      clientId: `contract-${++drivers}`,
      timeoutMs: 300,
    })
  const said = {
    values: '{"temperature":21.5,"humidity":40,"pressure":1013,"battery":97,"linkquality":120}',
    garbage: 'offline',
  }
  const good = { url: 'mqtt://x', clientId: 'a' }

  describeDriverContract('mqtt', {
    definition: mqttDriver,
    bus: () => busAt(portOf(server)),
    busAt,
    devices: () => ['room', 'hall'].map((id) => ({ key: id, address: { id }, profile })),
    group: 'report',
    setFault: () => Promise.resolve(),
    publish: async (key, what) => void (await client.publishAsync(`zigbee2mqtt/${key}`, said[what], { qos: 1 })),
    badBuses: [{}, { ...good, url: 'http://x' }, { ...good, clientId: 'a b' }, { ...good, protocolVersion: 3 }],
    badAddresses: [{}, ...['', 'a/b', '+', '#', 'a b'].map((id) => ({ id }))],
  }) // prettier-ignore
})

const portOf = (server: Server): number => (server.address() as AddressInfo).port

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1')
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
