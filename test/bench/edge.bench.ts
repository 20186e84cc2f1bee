/**
 * `npm run bench:edge`: one agent that reads 1,000 Modbus TCP devices of 30 points each, every second, keeps the
 * readings on its disk and forwards them to a broker whose other side acknowledges them. Agent, simulator and broker
 * share the machine. Last line: JSON. The ratio is to the processor time that the simulator needs for the same traffic.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { stringify } from 'yaml'
import { freePort, freePortRun, startProgram, until } from '../support/processes.ts'
import { cpuSecondsOf, rssMbOf } from './edge/process-usage.ts'

const { values: flags } = parseArgs({
  options: {
    devices: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '600' },
    /** Endpoints that the devices are spread over; by default each has its own. */
    endpoints: { type: 'string' },
    'warm-up': { type: 'string', default: '15' },
  },
})
const devices = Number(flags.devices)
const endpoints = Number(flags.endpoints ?? flags.devices)
const seconds = Number(flags.seconds)
/** Points of the profile below; every one of them is read every second. */
const PROFILE = 'eastron-sdm630-v2'
const INTERVAL_MS = 1_000

interface Status {
  buses: { missedDeadlines: number; devices: { state: string; requests: number; errors: number }[] }[]
  outbox: { acceptedReadings: number; droppedReadings: number; batches: number }
}

const folder = await mkdtemp(join(tmpdir(), 'courtyard-bench-edge-'))
const programs: ReturnType<typeof startProgram>[] = []
try {
  await run()
} finally {
  for (const program of programs.reverse()) await program.stop()
  await rm(folder, { recursive: true })
}

async function run(): Promise<void> {
  const peer = start(['test/bench/edge/hub-peer.ts'])
  const hub = await until('hub peer', 10_000, () => firstJson(peer.output()) as { httpPort: number } | null)
  const portBase = (await freePortRun(endpoints)) - 1
  const controlPort = await freePort()
  const simulator = start([
    'simulators/bin/courtyard-simulator.ts',
    ...['--meters', devices, '--endpoints', endpoints, '--bench-profile', PROFILE],
    ...['--port-base', portBase, '--control-port', controlPort],
  ])
  await until('simulator', 30_000, async () => (await fetch(`http://127.0.0.1:${controlPort}/stats`)).ok)
  const statusPort = await freePort()
  const siteFile = join(folder, 'site.yaml')
  await writeFile(siteFile, stringify(siteOf(portBase, statusPort, hub.httpPort)))
  const agent = start(['edge/bin/courtyard-edge.js', '--config', siteFile])
  const status = async () =>
    (await (await fetch(`http://127.0.0.1:${statusPort}/status.json`)).json()) as Status
  await until('agent', 60_000, async () => allOnline(await status()))
  await delay(Number(flags['warm-up']) * 1_000)

  const before = { status: await status(), at: performance.now(), agent: cpuSecondsOf(agent.pid), simulator: cpuSecondsOf(simulator.pid) } // prettier-ignore
  const rss: number[] = []
  while (performance.now() - before.at < seconds * 1_000) {
    await delay(Math.min(5_000, seconds * 100))
    rss.push(rssMbOf(agent.pid))
  }
  const after = await status()
  const elapsed = (performance.now() - before.at) / 1_000
  const agentCpu = cpuSecondsOf(agent.pid) - before.agent
  const simulatorCpu = cpuSecondsOf(simulator.pid) - before.simulator
  const missed = missedOf(after) - missedOf(before.status)
  // Both groups of a device have a deadline each interval.
  const deadlines = (devices * 2 * elapsed * 1_000) / INTERVAL_MS
  const readings = after.outbox.acceptedReadings - before.status.outbox.acceptedReadings
  await until('everything acknowledged', 20_000, async () => (await status()).outbox.batches <= 4)
  const counts = (await (await fetch(`http://127.0.0.1:${hub.httpPort}/counts`)).json()) as Record<
    string,
    number
  >
  const half = Math.floor(rss.length / 2)
  console.log(
    JSON.stringify({
      devices,
      pointsPerSecond: Math.round(readings / elapsed),
      missedDeadlinesPercent: round((100 * missed) / deadlines),
      cpuPercent: Math.round((100 * agentCpu) / elapsed),
      rssMb: Math.round(Math.max(...rss)),
      rssMbFirstHalf: Math.round(mean(rss.slice(0, half))),
      rssMbSecondHalf: Math.round(mean(rss.slice(half))),
      seconds: Math.round(elapsed),
      endpoints,
      errors: errorsOf(after) - errorsOf(before.status),
      dropped: after.outbox.droppedReadings,
      hubGoodPercent: round((100 * counts['good']!) / counts['readings']!),
      bytesPerReading: round(counts['bytes']! / counts['readings']!),
      simulatorCpuPercent: Math.round((100 * simulatorCpu) / elapsed),
      cpuRatioToSimulator: round(agentCpu / simulatorCpu),
    }),
  )
}

function start(args: (string | number)[]) {
  const program = startProgram(args, { env: { NODE_OPTIONS: '' } })
  programs.push(program)
  return program
}

function siteOf(portBase: number, statusPort: number, hubPort: number): object {
  return {
    gateway: { name: 'bench', dataDir: './edge', statusPort, logLevel: 'warn' },
    hub: { url: `http://127.0.0.1:${hubPort}`, enrolmentToken: 'a-token-for-the-bench-only' },
    buses: Array.from({ length: endpoints }, (_, index) => ({
      key: `bus-${index + 1}`,
      driver: 'modbus',
      transport: { type: 'tcp', host: '127.0.0.1', port: portBase + 1 + index },
      timeoutMs: 1_000,
    })),
    devices: Array.from({ length: devices }, (_, index) => ({
      key: `meter-${index + 1}`,
      name: `meter ${index + 1}`,
      bus: `bus-${(index % endpoints) + 1}`,
      profile: PROFILE,
      address: { unitId: Math.floor(index / endpoints) + 1 },
      intervals: { fast: INTERVAL_MS, energy: INTERVAL_MS },
    })),
  }
}

function allOnline(status: Status): boolean {
  return status.buses.every((bus) => bus.devices.every((device) => device.state === 'online'))
}

function missedOf(status: Status): number {
  return sum(status.buses.map((bus) => bus.missedDeadlines))
}

function errorsOf(status: Status): number {
  return sum(status.buses.flatMap((bus) => bus.devices.map((device) => device.errors)))
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}

function firstJson(text: string): unknown {
  const line = text.split('\n').find((each) => each.startsWith('{'))
  return line === undefined ? null : (JSON.parse(line) as unknown)
}
