/** The units on a serial line, read and written by libmodbus through Debian's `mbpoll`, over socat's pseudo-terminals. */
import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { loadProfiles } from '@courtyard/protocols/profile'
import { startSimulator, type RunningSimulator } from '../index.ts'
import { startIoDevice, type RunningIoDevice } from './io-device.ts'

const installed = ['mbpoll', 'socat'].every((name) => spawnSync(name, ['-V']).error === undefined)
const nowMs = Date.parse('2026-07-15T12:34:56.789Z')

interface Line {
  readonly socat: ChildProcess
  readonly folder: string
  readonly master: string
  readonly device: string
}

async function openLine(): Promise<Line> {
  const folder = mkdtempSync(join(tmpdir(), 'courtyard-rtu-'))
  const [master, device] = [join(folder, 'master'), join(folder, 'device')]
  const end = (path: string) => `pty,raw,echo=0,link=${path}`
  const socat = spawn('socat', [end(master), end(device)], { stdio: 'ignore' })
  for (let round = 0; round < 300 && !(existsSync(master) && existsSync(device)); round++) {
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return { socat, folder, master, device }
}

async function closeLine({ socat, folder }: Line): Promise<void> {
  const exit = new Promise((resolve) => socat.once('exit', resolve))
  socat.kill('SIGTERM')
  await exit
  rmSync(folder, { recursive: true, force: true })
}

/** `type` as mbpoll's -t option, addresses count from 0; with values it writes. */
function mbpoll(
  line: Line,
  unit: number,
  type: string,
  address: number,
  count: number,
  write: number[] = [],
) {
  const where = ['-m', 'rtu', '-b', '9600', '-P', 'none', '-a', String(unit), '-0', '-1', '-B']
  const what = ['-t', type, '-r', String(address), ...(write.length > 0 ? [] : ['-c', String(count)])]
  return new Promise<{ text: string; values: string[] }>((resolve) => {
    execFile('mbpoll', [...where, ...what, line.master, ...write.map(String)], (_error, stdout, stderr) => {
      const values = [...stdout.matchAll(/^\[\d+\]:\s+(\S+)/gm)].map((match) => match[1]!)
      resolve({ text: stdout + stderr, values })
    })
  })
}

// In CI it must run: a machine without them fails there instead of skipping.
describe.skipIf(!installed && !process.env['CI'])('a serial line (needs mbpoll and socat)', () => {
  let line: Line
  let simulator: RunningSimulator
  beforeAll(async () => {
    line = await openLine()
    const serial = `b1-electricity=${line.device},9600,8N1`
    simulator = await startSimulator({ portBase: 0, controlPort: 0, serial }, () => nowMs)
  })
  afterAll(async () => {
    await simulator.stop()
    await closeLine(line)
  })

  test('a meter is read as over TCP', async () => {
    const meter = simulator.site.meters.find(({ key }) => key === 'b1-0101-e')!
    const { values } = await mbpoll(line, meter.unitId, '3:float', 0, 3)
    const truth = simulator.truth('b1-0101-e').values
    expect(values).toEqual(['voltageL1', 'voltageL2', 'voltageL3'].map((key) => String(Number(truth[key]))))
  })

  test('exceptions are understood; a unit that is not there is silent', async () => {
    const meter = simulator.site.meters.find(({ key }) => key === 'b1-0101-e')!
    expect((await mbpoll(line, meter.unitId, '3', 0x200, 1)).text).toContain('Illegal data address')
    expect((await mbpoll(line, 200, '3', 0, 1)).text).toContain('Connection timed out')
  })
})

describe.skipIf(!installed && !process.env['CI'])('units that can be told (needs mbpoll and socat)', () => {
  let line: Line
  let device: RunningIoDevice
  beforeAll(async () => {
    line = await openLine()
    const profile = loadProfiles().get('wellpro-wp8025adam')!
    device = await startIoDevice([{ unitId: 5, profile }], line.device)
  })
  afterAll(async () => {
    await device.stop()
    await closeLine(line)
  })

  test('coils one by one and together', async () => {
    expect((await mbpoll(line, 5, '0', 2, 1, [1])).text).toContain('Written 1 references')
    expect((await mbpoll(line, 5, '0', 0, 8)).values).toEqual(['0', '0', '1', '0', '0', '0', '0', '0'])
    expect((await mbpoll(line, 5, '0', 0, 8, [1, 0, 1, 0, 0, 0, 0, 1])).text).toContain(
      'Written 8 references',
    )
    expect(Object.values(device.truth('5').values)).toEqual([1, 0, 1, 0, 0, 0, 0, 1])
    expect((await mbpoll(line, 5, '0', 8, 1, [1])).text).toContain('Illegal data address')
  })
})

describe('RTU over TCP by bytes written by hand', () => {
  const stops: (() => unknown)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop()
  })

  /** What comes back within 150 ms. */
  async function say(...chunks: string[]): Promise<string> {
    const profile = loadProfiles().get('wellpro-wp8025adam')!
    const device = await startIoDevice([{ unitId: 1, profile, identification: ['A', 'B', '1'] }])
    stops.push(() => device.stop())
    const socket = connect(device.rtuPort, '127.0.0.1')
    stops.push(() => socket.destroy())
    let received = ''
    socket.on('data', (chunk) => (received += chunk.toString('hex')))
    for (const chunk of chunks) {
      socket.write(Buffer.from(chunk.replaceAll(' ', ''), 'hex'))
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    await new Promise((resolve) => setTimeout(resolve, 140))
    return received
  }

  // Frames of relay boards' manuals.
  test.each([
    ['close relay 1', ['01 05 00 00 FF 00 8C 3A'], '01050000ff008c3a'],
    ['read eight relays', ['01 01 00 00 00 08 3D CC'], '010101005188'],
    ['in pieces', ['01 01 00', '00 00 08 3D', 'CC'], '010101005188'],
    ['after noise', ['00 FF 13', '01 01 00 00 00 08 3D CC'], '010101005188'],
    ['a wrong checksum', ['01 01 00 00 00 08 3D CD'], ''],
    ['another unit', ['11 01 00 00 00 02 BF 5B'], ''],
    ['a broadcast', ['00 05 00 00 FF 00 8D EB'], ''],
    ['an unknown function, ended by silence', ['01 07 41 E2'], '0187018230'],
  ])('%s', async (_name, chunks, reply) => {
    expect(await say(...chunks)).toBe(reply)
  })
})
