import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InfluxDB } from 'influx'
import { afterEach, describe, expect, it } from 'vitest'
import { startTestHub, type TestHub } from '../../platform/testing.ts'
import { gatewaysModule } from '../gateways/index.ts'
import { followBatchLog, telemetryModule } from '../telemetry/index.ts'
import { createProject, readingsOf, startTestGateway } from '../telemetry/testing.ts'
import { Influx1Target } from './influx1.target.ts'
import { Influx2Target } from './influx2.target.ts'
import { mirrorFollower } from './mirror.ts'
import type { MirrorTarget } from './mirror-point.ts'
import { VictoriaMetricsTarget } from './victoria-metrics.target.ts'

/** On CI a missing program is a fault; on a developer's machine the test is skipped. */
function has(program: string): boolean {
  const found = spawnSync('which', [program]).status === 0
  if (!found && !process.env['CI'])
    process.stderr.write(`${program} is not installed: its tests are skipped\n`)
  return found || process.env['CI'] !== undefined
}

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const noon = Math.floor(Date.now() / 86_400_000 - 1) * 86_400_000 + 12 * 3_600_000
/** Odd milliseconds show whether instants are exact. */
const readings: [number, number][] = [
  [noon + 123, 12_345],
  [noon + 1_001, -1],
  [noon + 2_999, 9_007_199_254_740],
]

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Starts a database server and waits until it answers. */
async function startServer(program: string, args: readonly string[], pingUrl: string): Promise<ChildProcess> {
  const child = spawn(program, args, { stdio: 'ignore' })
  cleanups.push(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
  })
  await expect.poll(async () => (await fetch(pingUrl)).ok, { timeout: 15_000 }).toBe(true)
  return child
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'courtyard-mirror-'))
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function startInflux(folder: string, port: number, backupPort: number): Promise<ChildProcess> {
  const config = join(folder, 'influxdb.conf')
  writeFileSync(
    config,
    `reporting-disabled = true
bind-address = "127.0.0.1:${backupPort}"
[meta]
dir = "${folder}/meta"
[data]
dir = "${folder}/data"
wal-dir = "${folder}/wal"
query-log-enabled = false
[http]
bind-address = "127.0.0.1:${port}"
log-enabled = false
[monitor]
store-enabled = false
`,
  )
  return startServer('influxd', ['-config', config], `http://127.0.0.1:${port}/ping`)
}

async function startVictoria(folder: string, port: number): Promise<ChildProcess> {
  const args = [`-storageDataPath=${folder}`, `-httpListenAddr=127.0.0.1:${port}`, '-retentionPeriod=100y']
  return startServer('victoria-metrics', args, `http://127.0.0.1:${port}/health`)
}

/** A hub with readings of one water meter in its log, one of which has no value. */
async function hubWithReadings(): Promise<{
  hub: TestHub
  sendMore: (value: [number, number]) => Promise<void>
}> {
  const hub = await startTestHub({ modules: [telemetryModule, gatewaysModule] })
  cleanups.push(() => hub.stop())
  const gateway = await startTestGateway(hub, await hub.as('engineer'), await createProject(hub))
  cleanups.push(() => gateway.stop())
  await gateway.sendCatalogue([
    { key: 'w1', medium: 'water', points: [{ key: 'volume', unit: 'm³', scale: 3 }] },
  ])
  await gateway.send([
    ...readingsOf('w1/volume', readings, 3),
    { point: 'w1/volume', atMs: noon + 4_000, mantissa: null, scale: 3, quality: 3 },
  ])
  return { hub, sendMore: async (value) => void (await gateway.send(readingsOf('w1/volume', [value], 3))) }
}

function mirror(hub: TestHub, target: MirrorTarget) {
  const follower = followBatchLog(hub.hub, mirrorFollower(target))
  cleanups.push(() => follower.stop())
  return follower
}

/** [instant in ms, value] of all mirrored values, ascending. */
async function exported(port: number): Promise<[number, number][]> {
  const answer = await fetch(
    `http://127.0.0.1:${port}/api/v1/export?match[]=reading_value{medium="water",unit="m³"}`,
  )
  const lines = (await answer.text()).split('\n').filter(Boolean)
  return lines.flatMap((line) => {
    const { timestamps, values } = JSON.parse(line) as { timestamps: number[]; values: number[] }
    return timestamps.map((at, i): [number, number] => [at, values[i]!])
  })
}

const expected = readings.map(([at, mantissa]): [number, number] => [at, mantissa / 1_000])

describe.skipIf(!has('influxd'))('InfluxDB 1.x', () => {
  it('gets every reading, also those of an outage', async () => {
    const folder = temporaryFolder()
    const [port, backupPort] = [await freePort(), await freePort()]
    const { hub, sendMore } = await hubWithReadings()
    const target = new Influx1Target({
      url: `http://127.0.0.1:${port}`,
      database: 'courtyard',
      username: null,
      password: null,
    })
    // Nobody listens yet: the follower fails and tries again
    const follower = mirror(hub, target)
    await expect
      .poll(
        async () => (await hub.hub.db.prisma.logCursor.findUnique({ where: { follower: 'mirror' } }))?.error,
        { timeout: 10_000 },
      )
      .toBeTruthy()
    const server = await startInflux(folder, port, backupPort)
    await follower.caughtUp()
    server.kill('SIGKILL')
    await new Promise((resolve) => server.once('exit', resolve))
    await sendMore([noon + 10_001, 13_000])
    await startInflux(folder, port, backupPort)
    await follower.caughtUp()

    const client = new InfluxDB({ host: '127.0.0.1', port, database: 'courtyard' })
    const rows = await client.query<{
      time: Date
      value: number | null
      quality: number
      unit: string
      device: string
    }>('select * from reading order by time')
    expect(rows.map((row) => [row.time.getTime(), row.value])).toEqual([
      ...expected,
      [noon + 4_000, null],
      [noon + 10_001, 13],
    ])
    expect(rows[3]).toMatchObject({ quality: 3, unit: 'm³', device: 'w1', medium: 'water', point: 'volume' })
  })
})

describe.skipIf(!has('victoria-metrics'))('VictoriaMetrics', () => {
  it('gets every reading by the line protocol', async () => {
    const port = await freePort()
    await startVictoria(temporaryFolder(), port)
    const { hub } = await hubWithReadings()
    await mirror(
      hub,
      new VictoriaMetricsTarget({ url: `http://127.0.0.1:${port}`, database: 'courtyard' }),
    ).caughtUp()
    await expect.poll(() => exported(port), { timeout: 10_000 }).toEqual(expected)
  })

  it('gets every reading from the client of InfluxDB 2.x, whose interface it has', async () => {
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const target = new Influx2Target({ url, org: 'courtyard', bucket: 'courtyard', token: 'any' })
    const point = { tags: { device: 'w1' }, value: 1, quality: 0, atMs: noon }
    await expect(target.write([point])).rejects.toThrow()
    await startVictoria(temporaryFolder(), port)
    const { hub } = await hubWithReadings()
    await mirror(hub, target).caughtUp()
    await expect.poll(() => exported(port), { timeout: 10_000 }).toEqual(expected)
  })
})
