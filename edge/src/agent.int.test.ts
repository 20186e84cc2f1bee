/** The agent as a process, between the simulator's sockets and a real broker. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { AgentProcess, readOutbox, writeSite, type SiteInput } from './testing/agent-process.ts'
import { HubPeer } from './testing/hub-peer.ts'
import { SimulatorProcess, type SimulatedMeter } from './testing/simulator-process.ts'

// Several processes start in each test; on a busy machine that alone takes seconds.
vi.setConfig({ testTimeout: 90_000 })

let simulator: SimulatorProcess
let meters: SimulatedMeter[]
let folder: string
let hub: HubPeer
let agent: AgentProcess | null = null

beforeAll(async () => {
  simulator = await SimulatorProcess.start()
  const all = await simulator.meters()
  const of = (endpoint: string, count: number) => all.filter((m) => m.endpoint === endpoint).slice(0, count)
  meters = [...of('b1-electricity', 6), ...of('b1-pulse', 4), ...of('plant', 2)]
})
afterAll(() => simulator.stop())
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'courtyard-edge-'))
  hub = await HubPeer.start()
})
afterEach(async () => {
  await agent?.end('SIGKILL')
  agent = null
  await hub.stop()
  rmSync(folder, { recursive: true })
})

function site(more: Partial<SiteInput> = {}): string {
  return writeSite({
    folder,
    meters,
    hubUrl: `http://127.0.0.1:${hub.httpPort}`,
    enrolmentToken: hub.token,
    ...more,
  })
}
async function start(config: string): Promise<AgentProcess> {
  agent = await AgentProcess.start(config)
  return agent
}
const until = (condition: () => unknown, timeout = 20_000) =>
  expect.poll(condition, { timeout, interval: 25 }).toBeTruthy()

/** Every accepted reading is at the hub or still waits, and the hub has none twice. */
function expectNothingLostOrDoubled(): void {
  const outbox = readOutbox(folder)
  const readings = hub.readings()
  expect(new Set(readings.map(({ point, atMs }) => `${point}@${atMs}`)).size).toBe(readings.length)
  expect(readings.length + outbox.waiting).toBeGreaterThanOrEqual(outbox.accepted)
  if (outbox.waiting === 0) expect(readings.length).toBe(outbox.accepted - outbox.dropped)
}

describe('a normal life', () => {
  test('enrols, sends readings, catalogue, status and presence, and stops within three seconds', async () => {
    const running = await start(site())
    await until(() => hub.readings().length > 200 && hub.status && hub.catalogue)
    expect(hub.enrolments).toBe(1)
    expect(statSync(join(folder, 'edge', 'credentials.json')).mode & 0o777).toBe(0o600)
    expect(hub.presence).toEqual({ v: 1, online: true })
    expect(hub.catalogue!.devices.map((device) => device.key)).toEqual(meters.map((meter) => meter.key))
    expect(hub.catalogue!.devices[0]!.points.find((p) => p.key === 'energyImport')).toMatchObject({ kind: 'register', intervalMs: 400 }) // prettier-ignore
    await until(async () =>
      (await running.state()).buses.every((bus) => bus.devices.every((d) => d.state === 'online')),
    )
    const startedMs = performance.now()
    expect(await running.end('SIGTERM')).toBe(0)
    expect(performance.now() - startedMs).toBeLessThan(3_000)
    await until(() => hub.presence?.online === false)
    expectNothingLostOrDoubled()
    const secrets = [hub.token, (JSON.parse(readFileSync(join(folder, 'edge', 'credentials.json'), 'utf8')) as { password: string }).password] // prettier-ignore
    for (const secret of secrets) expect(running.log.join('\n')).not.toContain(secret)
  })

  test('the status page in two languages, metrics and health', async () => {
    const running = await start(site())
    await until(() => hub.readings().length > 50)
    expect(await running.get('/?lang=zh')).toMatch(/<html lang="zh-CN">[\s\S]*测试网关[\s\S]*已连接/)
    expect(await running.get('/?lang=en')).toMatch(/Waiting to be sent/)
    expect(JSON.parse(await running.get('/health'))).toMatchObject({ status: 'ok', uplinkConnected: true })
    // The first poll of a bus may fail on a busy machine; it has a latency once one was answered.
    await until(async () => (await running.get('/metrics')).includes('device_latency_seconds{bus="plant"'))
    const metrics = await running.get('/metrics')
    for (const line of [
      /^courtyard_edge_uplink_connected 1$/m,
      /^courtyard_edge_readings_accepted_total [1-9]/m,
      /^courtyard_edge_uplink_acks_total\{status="committed"\} [1-9]/m,
      /^courtyard_edge_bus_missed_deadlines_total\{bus="plant"\} \d+$/m,
      /^courtyard_edge_device_latency_seconds\{bus="plant",device="[^"]+"\} 0\.\d+$/m,
    ]) {
      expect(metrics).toMatch(line)
    }
  })

  test('a second start goes on with the same identity and outbox, without a token', async () => {
    const first = await start(site())
    await until(() => hub.readings().length > 50)
    await first.end('SIGINT')
    const again = await start(writeSite({ folder, meters, hubUrl: 'http://127.0.0.1:1' }))
    const before = hub.stored.size
    await until(() => hub.stored.size > before + 3)
    expect(new Set([...hub.stored.values()].map((batch) => batch.outbox)).size).toBe(1)
    expect(await again.end('SIGTERM')).toBe(0)
    expectNothingLostOrDoubled()
  })
})

describe('when things break', () => {
  test('kill -9 in the middle, again and again: nothing lost, nothing doubled', async () => {
    const config = site({ intervalMs: 100 })
    for (let round = 0; round < 4; round++) {
      const running = await start(config)
      const before = hub.stored.size
      await until(() => hub.stored.size > before)
      if (round === 2) hub.acks = 'hold'
      await new Promise((resolve) => setTimeout(resolve, 150 + Math.random() * 400))
      await running.end('SIGKILL')
      hub.acks = 'once'
    }
    const last = await start(config)
    await until(async () => (await last.state()).uplink.connected)
    await last.end('SIGTERM')
    await drain(config)
    expect(readOutbox(folder).waiting).toBe(0)
    expectNothingLostOrDoubled()
    expect(hub.readings().length).toBeGreaterThan(500)
  })

  test('network cut: readings wait, then the newest go first and all arrive', async () => {
    const running = await start(site({ uplink: { inFlightBatches: 4, backlogReadingsPerSecond: 1000 } }))
    await until(() => hub.readings().length > 50)
    await hub.cut()
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    const waiting = (await running.state()).outbox.batches
    expect(waiting).toBeGreaterThan(10)
    hub.arrivals.length = 0
    await hub.restore()
    await until(async () => (await running.state()).outbox.batches <= 2)
    expect(hub.arrivals[0]).toBeGreaterThan(hub.arrivals.at(5)!)
    await running.end('SIGTERM')
    await drain(site())
    expectNothingLostOrDoubled()
  })

  test('acknowledgements that are late or come twice do no harm', async () => {
    hub.acks = 'twice'
    const running = await start(site())
    await until(() => hub.readings().length > 100)
    hub.acks = 'hold'
    await until(async () => (await running.state()).uplink.inFlightBatches > 3)
    await hub.cut()
    await hub.restore()
    await until(async () => (await running.state()).uplink.connected)
    hub.release()
    await until(async () => (await running.state()).outbox.batches <= 2)
    await running.end('SIGTERM')
    await drain(site())
    expectNothingLostOrDoubled()
  })

  test('disk full: refused, counted, reported to the hub when there is room; the process lives on', async () => {
    const running = await start(site({ intervalMs: 100, outbox: { maxPages: 36, flushMs: 20 } }))
    await until(() => hub.readings().length > 50)
    hub.acks = 'hold'
    await until(async () => (await running.state()).outbox.droppedReadings > 100, 30_000)
    hub.release()
    await until(() => hub.dropped() > 100)
    expect([...hub.stored.values()].flatMap((batch) => batch.dropped ?? [])[0]!.reason).toBe('disk')
    expect(await running.end('SIGTERM')).toBe(0)
    await drain(site())
    const outbox = readOutbox(folder)
    expect(hub.dropped()).toBe(outbox.dropped)
    expect(hub.readings().length).toBe(outbox.accepted)
  })

  test('a refused token: a clear line, polling goes on, and a good token by SIGHUP heals it', async () => {
    const config = site({ enrolmentToken: 'not-the-token-0123456789' })
    const running = await start(config)
    await until(() =>
      running.log.some((line) => /refused the enrolment token.*Make an enrolment token/.test(line)),
    )
    await until(async () => (await running.state()).outbox.readings > 50)
    site()
    running.signal('SIGHUP')
    await until(() => hub.readings().length > 50)
    expect(hub.presence).toMatchObject({ online: true })
    expect(running.log.join('\n')).not.toContain('not-the-token')
  })

  test('damaged credentials, and credentials that were revoked: a new token by SIGHUP heals both', async () => {
    const credentials = join(folder, 'edge', 'credentials.json')
    const first = await start(site())
    await until(() => hub.readings().length > 50)
    await first.end('SIGTERM')
    writeFileSync(credentials, '{"password":')
    hub.revoke()
    const running = await start(writeSite({ folder, meters, hubUrl: `http://127.0.0.1:${hub.httpPort}` }))
    await until(() =>
      running.log.some((line) => /credentials\.json cannot be used.*Make an enrolment/.test(line)),
    )
    site()
    running.signal('SIGHUP')
    await until(() => hub.enrolments === 2 && hub.presence?.online)
    hub.revoke()
    await until(async () => /refused/i.test((await running.state()).uplink.problem ?? ''))
    site()
    running.signal('SIGHUP')
    await until(() => hub.enrolments === 3 && hub.presence?.online)
    expect(readFileSync(credentials, 'utf8')).toContain('secret-2-of-the-gateway')
    await until(async () => (await running.state()).outbox.batches <= 2)
    await running.end('SIGTERM')
    await drain(site())
    expectNothingLostOrDoubled()
  })

  test('SIGHUP with a bad file changes nothing; with a good one the devices change', async () => {
    const config = site()
    const running = await start(config)
    await until(() => hub.catalogue)
    const { revision } = hub.catalogue!
    writeFileSync(config, readFileSync(config, 'utf8').replace('bus: plant', 'bus: nowhere'))
    running.signal('SIGHUP')
    await until(() =>
      running.log.some((line) => /is refused; the running one stays/.test(line) && /no bus/.test(line)),
    )
    expect((await running.state()).catalogueRevision).toBe(revision)
    const before = hub.stored.size
    await until(() => hub.stored.size > before + 2)
    site({ meters: meters.slice(0, 3) })
    running.signal('SIGHUP')
    await until(() => hub.catalogue?.devices.length === 3)
    await until(async () => (await running.state()).buses.length === 1)
    await running.end('SIGTERM')
    await drain(config)
    expectNothingLostOrDoubled()
  })

  test('a damaged outbox is moved aside and the agent runs with a new one', async () => {
    const config = site()
    const first = await start(config)
    await until(() => hub.readings().length > 50)
    await first.end('SIGTERM')
    writeFileSync(join(folder, 'edge', 'outbox.sqlite'), 'x'.repeat(5_000))
    const again = await start(config)
    expect(again.log.join('\n')).toMatch(/outbox file is damaged; it was moved aside/)
    await until(() => new Set([...hub.stored.values()].map((batch) => batch.outbox)).size === 2)
    expect(hub.presence).toMatchObject({ online: true })
    expect(hub.catalogue?.devices.length).toBe(meters.length)
  })
})

/** Lets an agent that reads nothing new send what waits. */
async function drain(config: string): Promise<void> {
  const text = readFileSync(config, 'utf8')
  writeFileSync(config, text.replaceAll('    address:', '    disabled: true\n    address:'))
  const running = await start(config)
  await until(async () => (await running.state()).outbox.batches === 0)
  await running.end('SIGTERM')
  writeFileSync(config, text)
}
