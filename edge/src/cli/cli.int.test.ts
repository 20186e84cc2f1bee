/** Profiles, probe and scan, run as a person runs them, against the simulator's sockets. */
import { spawnSync } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { DriverId, loadProfiles } from '@courtyard/protocols/profile'
import { runtimeEnvironment, runtimeFlags } from '../../bin/runtime-flags.js'
import { driverDefinitions, findDriver } from '../drivers/registry.ts'
import { errorCodes } from '../errors.ts'
import { writeSite } from '../testing/agent-process.ts'
import { SimulatorProcess, type SimulatedMeter } from '../testing/simulator-process.ts'
import { driverHelp } from './driver-options.ts'
import { probe } from './probe.ts'
import { widthOf } from './table.ts'

vi.setConfig({ testTimeout: 60_000 })
const program = new URL('../../bin/courtyard-edge.js', import.meta.url).pathname

let simulator: SimulatorProcess
let meter: SimulatedMeter
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'courtyard-cli-'))
  simulator = await SimulatorProcess.start()
  meter = (await simulator.meters()).find(({ profile }) => profile === 'eastron-sdm630')!
})
afterAll(async () => {
  await simulator.stop()
  rmSync(folder, { recursive: true })
})

function run(args: readonly string[], lang = 'C.UTF-8') {
  const env = { ...process.env, LANG: lang, LC_ALL: '', LC_MESSAGES: '' }
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    encoding: 'utf8',
    env,
  })
  return { code: status, out: stdout, err: stderr }
}
const bus = (port = meter.port) => [
  '--driver',
  'modbus',
  '--set',
  'transport.type=tcp',
  '--set',
  'transport.host=127.0.0.1',
  '--set',
  `transport.port=${port}`,
  '--set',
  'timeoutMs=300',
]

test('it runs with the settings for a small box, unless somebody has said otherwise', () => {
  const said = 'console.error([...process.execArgv, process.env.MALLOC_ARENA_MAX].join(" "))'
  const started = (options: string, env: NodeJS.ProcessEnv = {}) => {
    const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(said)} ${options}`
    const { stderr } = spawnSync(process.execPath, [program, '--help'], { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS, ...env } }) // prettier-ignore
    return stderr.trimEnd().split('\n').at(-1)!
  }
  const ours = runtimeFlags.join(' ')
  expect(started('')).toContain(`${ours} ${runtimeEnvironment['MALLOC_ARENA_MAX']}`)
  expect(started('', { MALLOC_ARENA_MAX: '3' })).toContain(`${ours} 3`)
  expect(started('--max-old-space-size=512')).not.toContain(runtimeFlags[0])
})

describe('profiles', () => {
  test('lists every profile, aligned, and narrows the list', () => {
    const { code, out } = run(['profiles'])
    expect(code).toBe(0)
    const lines = out.trimEnd().split('\n')
    expect(lines).toHaveLength(loadProfiles().size + 1)
    const column = lines[0]!.indexOf('driver')
    for (const line of lines.slice(1))
      expect(DriverId.options, line).toContain([...line].slice(column).join('').split(' ')[0])
    expect(run(['profiles', '--search', 'EASTRON 630']).out.split('\n')[1]).toMatch(/^eastron-sdm630/)
    expect(run(['profiles', '--search', 'no such thing'])).toMatchObject({ code: 1, out: '' })
    expect(run(['profiles', '--driver', 'knx'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/there are .*modbus/) as string,
    })
    const json = JSON.parse(run(['profiles', '--driver', 'modbus', '--json']).out) as {
      id: string
      driver: string
    }[]
    expect(new Set(json.map(({ driver }) => driver))).toEqual(new Set(['modbus']))
  })
})

describe('probe', () => {
  const profile = ['--profile', 'eastron-sdm630']

  test('reads a device once: every point with value, unit and quality, in the language of the person', () => {
    const { code, out, err } = run(['probe', ...bus(), '--address', String(meter.unitId), ...profile])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/^energyImport +\d+\.\d+ {2}kWh +good +Active energy import$/m)
    expect(out.match(/ good /g)!.length).toBe(loadProfiles().get('eastron-sdm630')!.points.length)
    const chinese = run(
      ['probe', ...bus(), '--address', `unitId=${meter.unitId}`, ...profile],
      'zh_CN.UTF-8',
    ).out
    expect(chinese).toMatch(/^energyImport +\d+\.\d+ {2}kWh +正常 /m)
    const json = JSON.parse(
      run(['probe', ...bus(), '--address', `{unitId: ${meter.unitId}}`, ...profile, '--json']).out,
    ) as { answered: boolean }
    expect(json.answered).toBe(true)
  })

  test('without a profile it says which ones fit', () => {
    const { code, out } = run(['probe', ...bus(), '--address', String(meter.unitId)])
    expect(code).toBe(0)
    expect(out).toMatch(/^eastron-sdm630 +22\/22 /m)
    expect(out).toMatch(/compare values with the display/)
  })

  test('by a site file', () => {
    const config = writeSite({ folder, meters: [meter], hubUrl: 'http://127.0.0.1:1' })
    expect(run(['probe', '--config', config, '--device', meter.key]).out).toMatch(/^energyImport .*kWh/m)
    expect(run(['probe', '--config', config, '--device', 'x'])).toMatchObject({
      code: 2,
      err: expect.stringContaining(meter.key) as string,
    })
  })

  test('what does not answer ends with 1 and a next step; quickly', async () => {
    const silent = createServer(() => {})
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const { spawn } = await import('node:child_process')
    const ask = (args: readonly string[]) =>
      new Promise<{ code: number | null; err: string }>((resolve) => {
        const child = spawn(process.execPath, [program, ...args], {
          env: { ...process.env, LANG: 'C', LC_ALL: '' },
        })
        let err = ''
        child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
        child.on('exit', (code) => resolve({ code, err }))
      })
    const { port } = silent.address() as AddressInfo
    expect(await ask(['probe', ...bus(port), '--address', '1', ...profile])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/did not answer: no reply within 300 ms[^]*courtyard-edge scan/) as string,
    })
    silent.close()
    expect(await ask(['probe', ...bus(1), '--address', '1', ...profile])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/ECONNREFUSED[^]*Check address/) as string,
    })
    expect(await ask(['probe', ...bus(1), '--address', '1'])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/nothing answered: .*ECONNREFUSED/) as string,
    })
  })

  test.each([
    [['probe'], /--driver is missing/],
    [['probe', '--driver', 'modbus'], /the bus is not complete or wrong:\n {2}transport/],
    [['probe', '--driver', 'modbus', '--set', 'transport'], /--set "transport" should look like key=value/],
    [['probe', '--driver', 'modbus', '--bus', '{transport: ['], /neither YAML nor JSON/],
    [
      [
        'probe',
        '--driver',
        'modbus',
        '--set',
        'transport.type=tcp',
        '--set',
        'transport.host=x',
        '--address',
        '999',
      ],
      /unitId: .*255/,
    ],
    [
      [
        'probe',
        '--driver',
        'modbus',
        '--set',
        'transport.type=tcp',
        '--set',
        'transport.host=x',
        '--address',
        '1',
        '--profile',
        'x',
      ],
      /no profile "x"; courtyard-edge profiles --driver modbus/,
    ],
    [['probe', '--driver', 'modbus', '--set', '__proto__.x=1'], /the bus is not complete/],
  ])('%j is refused and says what to do', async (args, words) => {
    await expect(probe(args.slice(1))).rejects.toMatchObject({
      code: errorCodes.usage,
      message: expect.stringMatching(words) as string,
    })
  })
})

describe('scan', () => {
  test('prints what it finds, ready to paste, and what it pastes is a good site file', () => {
    const found = run(['scan', ...bus(), '--set', 'timeoutMs=100', '--json'])
    if (!('scan' in driverDefinitions[0])) return expect(found.code).toBe(2)
    const units = found.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { address: { unitId: number } })
    expect(units.map(({ address }) => address.unitId)).toContain(meter.unitId)
    const { out, code } = run(['scan', ...bus(), '--set', 'timeoutMs=100'])
    expect(code).toBe(0)
    const devices = (parse(out) as { profile: string }[]).map((device) => ({
      ...device,
      profile: 'eastron-sdm630',
    }))
    const config = join(folder, 'pasted.yaml')
    const site = {
      gateway: { name: 'x', dataDir: './d' },
      buses: [
        { key: 'bus1', driver: 'modbus', transport: { type: 'tcp', host: '127.0.0.1', port: meter.port } },
      ],
      devices,
    }
    writeFileSync(config, JSON.stringify(site))
    expect(run(['check', '--config', config])).toMatchObject({ code: 0, err: '' })
  })

  test('a bus that is not there says what to look at', () => {
    const { code, err } = run(['scan', ...bus(1)])
    expect(code).not.toBe(0)
    expect(err).toMatch(/ECONNREFUSED|cannot look for devices/)
  })
})

test('--help with a driver lists its options, for every driver', () => {
  const { code, out } = run(['scan', '--driver', 'modbus', '--help'])
  expect(code).toBe(0)
  expect(out).toContain(driverHelp(findDriver('modbus')!))
  for (const { id } of driverDefinitions) {
    const help = driverHelp(findDriver(id)!)
    expect(help).toContain(`Driver ${id}. Bus`)
    expect(help.match(/key +kind +default +meaning/g)).toHaveLength(2)
  }
})

test('Chinese text takes two columns', () => {
  expect(widthOf('电表A')).toBe(5)
})
