/** The whole agent in this process, on a machine whose clock is wrong: simulator, broker and disk are real. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { Agent } from './agent.ts'
import { systemClock, type Clock } from './clock.ts'
import { loadSiteConfig } from './config/index.ts'
import { silentLogger } from './log.ts'
import { writeSite } from './testing/agent-process.ts'
import { HubPeer } from './testing/hub-peer.ts'
import { SimulatorProcess, type SimulatedMeter } from './testing/simulator-process.ts'
import { systemBootTime } from './time/index.ts'

vi.setConfig({ testTimeout: 60_000 })

let simulator: SimulatorProcess
let meters: SimulatedMeter[]
let folder: string
let hub: HubPeer
let agent: Agent | null = null
/** Added to the machine's clock. */
let errorMs = 0
const clock: Clock = { ...systemClock, nowMs: () => Date.now() + errorMs }

beforeAll(async () => {
  simulator = await SimulatorProcess.start()
  meters = (await simulator.meters()).filter(({ endpoint }) => endpoint === 'b1-electricity').slice(0, 4)
})
afterAll(() => simulator.stop())
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'courtyard-clock-'))
  hub = await HubPeer.start()
})
afterEach(async () => {
  await agent?.stop()
  agent = null
  await hub.stop()
  rmSync(folder, { recursive: true })
})

async function start(): Promise<Agent> {
  const file = writeSite({ folder, meters, hubUrl: `http://127.0.0.1:${hub.httpPort}`, enrolmentToken: hub.token }) // prettier-ignore
  agent = new Agent(loadSiteConfig(file), silentLogger(), () => {}, clock, null, systemBootTime())
  await agent.start()
  return agent
}
const until = (condition: () => unknown) => expect.poll(condition, { timeout: 20_000, interval: 25 }).toBeTruthy() // prettier-ignore

test('booted in 1970 without a hub: everything waits, and arrives with the instants at which it was read', async () => {
  await hub.cut()
  errorMs = -Date.now() + 60_000
  const startedMs = Date.now()
  const running = await start()
  await until(() => running.state().outbox.readings > 100)
  expect(running.state().clock).toEqual({ offsetMs: null, isTrusted: false })
  expect(running.state().outbox.oldestAtMs).toBeLessThan(1_000_000)
  hub.clock = () => Date.now()
  await hub.restore()
  await until(() => running.state().clock.isTrusted)
  await until(() => running.state().outbox.batches <= 2 && hub.readings().length > 150)
  await until(() => hub.status?.health?.clockTrusted === true)
  expect(Math.abs(hub.status!.health!.clockOffsetMs! + errorMs)).toBeLessThan(5_000)
  expect(Math.abs(hub.status!.startedAtMs - startedMs)).toBeLessThan(5_000)
  const instants = hub.readings().map(({ atMs }) => atMs)
  expect(Math.min(...instants)).toBeGreaterThan(startedMs - 2_000)
  expect(Math.max(...instants)).toBeLessThan(Date.now() + 2_000)
  expect(new Set(hub.readings().map(({ point, atMs }) => `${point}@${atMs}`)).size).toBe(instants.length)
  const { acceptedReadings, droppedReadings } = running.state().outbox
  expect(droppedReadings).toBe(0)
  expect(hub.readings().length).toBeGreaterThan(acceptedReadings - 100)
})

test('a clock that is a day ahead: the first readings that the hub gets are right already', async () => {
  errorMs = 24 * 3_600_000
  hub.clock = () => Date.now()
  const running = await start()
  await until(() => hub.readings().length > 100)
  const latest = Math.max(...hub.readings().map(({ atMs }) => atMs))
  expect(latest).toBeLessThan(Date.now() + 2_000)
  expect(running.state().clock.isTrusted).toBe(true)
  expect(running.state().clock.offsetMs).toBeLessThan(-23 * 3_600_000)
})
