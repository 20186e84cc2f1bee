/** The driver against implementations that we did not write: libmodbus and pymodbus, over TCP and a serial line. */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, connect, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Quality } from '@courtyard/protocols/contract'
import { DeviceProfile } from '@courtyard/protocols/profile'
import { testDriverContext } from '../../testing/driver-context.ts'
import { PtyPair, socatInstalled } from '../../testing/pty-pair.ts'
import type { BusDriver } from '../driver.ts'
import { modbusDriver } from './index.ts'
import { ModbusBusConfig } from './modbus.config.ts'

const inCi = process.env['CI'] !== undefined
const hasLibmodbus = spawnSync('cc', ['--version']).status === 0 && existsSync('/usr/include/modbus/modbus.h')
const hasPymodbus = spawnSync('/usr/bin/python3', ['-c', 'import pymodbus.server']).status === 0
const peer = (name: string) => new URL(`./peers/${name}`, import.meta.url).pathname

const label = { zh: '点', en: 'point' }
const point = (key: string, fn: number, address: number, type: string, more: object = {}) => ({
  ...{ key, label, kind: 'gauge', code: '0', unit: 'V', scale: 0, group: 'all' },
  modbus: { function: fn, address, type, ...more },
})
const profile = DeviceProfile.parse({
  ...{ id: 'foreign', manufacturer: 'x', model: 'x', label, medium: 'equipment', driver: 'modbus' },
  ...{ sources: ['test'], modbus: {}, groups: { all: { intervalMs: 1000 }, long: { intervalMs: 1000 } } },
  points: [
    ...Array.from({ length: 12 }, (_, i) => point(`coil${i}`, 1, i, 'bits')),
    ...Array.from({ length: 12 }, (_, i) => point(`input${i}`, 2, i, 'bits')),
    point('holding10', 3, 10, 'u16'),
    point('holding11', 3, 11, 'u32'),
    point('swapped11', 3, 13, 'u32', { order: 'CDAB' }),
    point('word', 4, 5, 'u16'),
    // The longest reply that the standard allows: 125 registers.
    { ...point('first', 4, 60, 'u16'), group: 'long' },
    { ...point('last', 4, 184, 'u16'), group: 'long' },
    { ...point('beyond', 3, 500, 'u16'), group: 'long', optional: true },
  ],
  commands: [
    {
      ...{ key: 'relay', kind: 'relay', label, readBack: { point: 'coil1', values: { open: '0', close: '1' } } },
      modbus: { function: 5, address: 1, values: { open: 0, close: 1 } },
    },
    {
      ...{ key: 'set', kind: 'setpoint', label, readBack: { point: 'holding11' } },
      modbus: { function: 16, address: 11, type: 'u32' },
    },
  ],
}) // prettier-ignore
const wide = DeviceProfile.parse({ ...profile, modbus: { maxRegisters: 125, holeLimit: 124 } })

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function listening(port: number): Promise<void> {
  for (let round = 0; round < 300; round++) {
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => (socket.destroy(), resolve(true)))
      socket.on('error', () => resolve(false))
    })
    if (isThere) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`nobody listens at ${port}`)
}

let folder: string
let program: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'courtyard-peers-'))
  program = join(folder, 'libmodbus-server')
  if (hasLibmodbus) execFileSync('cc', ['-O2', '-o', program, peer('libmodbus-server.c'), '-lmodbus'])
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const libmodbus = (kind: string, place: string) => spawn(program, [kind, place], { stdio: 'ignore' })
const pymodbus = (kind: string, place: string) =>
  spawn('/usr/bin/python3', [peer('pymodbus-server.py'), kind, place], { stdio: 'ignore' })

describe.each([
  ['libmodbus, TCP', hasLibmodbus, libmodbus, 'tcp'],
  ['libmodbus, RTU', hasLibmodbus && socatInstalled, libmodbus, 'rtu'],
  ['pymodbus, TCP', hasPymodbus, pymodbus, 'tcp'],
  ['pymodbus, RTU', hasPymodbus && socatInstalled, pymodbus, 'rtu'],
  ['pymodbus, RTU over TCP', hasPymodbus, pymodbus, 'rtu-tcp'],
] as const)('%s', (_name, isInstalled, start, kind) => {
  // In CI it must run: a machine without the Debian package fails there instead of skipping.
  const check = test.skipIf(!isInstalled && !inCi)
  let line: PtyPair | null = null
  let server: ChildProcess
  let bus: BusDriver

  beforeAll(async () => {
    if (!isInstalled) return
    const port = await freePort()
    line = kind === 'rtu' ? await PtyPair.start() : null
    server = start(kind, line ? line.devicePath : String(port))
    const transport = line
      ? { type: 'serial', path: line.path }
      : { type: kind, host: '127.0.0.1', port }
    if (!line) await listening(port)
    bus = modbusDriver.create(testDriverContext(ModbusBusConfig.parse({ transport })), [
      { key: 'd', address: { unitId: 7 }, profile },
      { key: 'wide', address: { unitId: 7 }, profile: wide },
      { key: 'absent', address: { unitId: 8 }, profile },
    ])
    // A serial peer has no port to look at: it is there when it answers.
    for (let round = 0; round < 20 && (await bus.probe('d')).failure; round++) {
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }, 15_000)
  afterAll(async () => {
    await bus?.stop()
    if (server && server.exitCode === null) {
      const exit = new Promise((resolve) => server.once('exit', resolve))
      server.kill('SIGKILL')
      await exit
    }
    await line?.stop()
  })

  check('reads coils, inputs and registers', async () => {
    const outcome = await bus.poll('d', 'all')
    expect(outcome).toMatchObject({ failure: null, message: null })
    const values = Object.fromEntries(outcome.readings.map(({ point: name, mantissa }) => [name, mantissa]))
    for (let i = 2; i < 12; i++) {
      expect([values[`d/coil${i}`], values[`d/input${i}`]], String(i)).toEqual([
        Number(i % 3 === 0),
        Number(i % 2 === 0),
      ])
    }
    expect(values).toMatchObject({ 'd/holding10': 2570, 'd/word': 40005 })
    expect(values['d/swapped11']).toBe(257 * 14 * 65536 + 257 * 13)
  })

  check('the longest reply, and a refusal in its place', async () => {
    const { failure, requests, readings } = await bus.poll('wide', 'long')
    expect(failure).toBeNull()
    expect(requests).toBeGreaterThanOrEqual(2)
    expect(readings.map(({ point: name, mantissa }) => [name, mantissa])).toEqual([
      ['wide/first', 40060],
      ['wide/last', 40184],
    ])
  })

  check('functions 5, 6, 15 and 16 write', async () => {
    for (const action of ['close', 'open'] as const) {
      const outcome = await bus.execute!('d', { target: 'relay', body: { kind: 'relay', action } })
      expect(outcome).toMatchObject({ result: 'confirmed', readings: [{ mantissa: action === 'open' ? 0 : 1 }] })
    }
    const set = await bus.execute!('d', { target: 'set', body: { kind: 'setpoint', value: '123456789' } })
    expect(set).toMatchObject({ result: 'confirmed', readings: [{ mantissa: 123456789 }] })
    for (const data of [
      { function: 6, address: 100, values: [51966] },
      { function: 15, address: 40, values: [1, 1, 0, 1, 0, 0, 1, 1, 1, 0, 1] },
      { function: 16, address: 60, values: Array.from({ length: 123 }, (_, i) => 65535 - i) },
    ]) {
      const outcome = await bus.execute!('d', { target: 'write', body: { kind: 'write', data } })
      expect(outcome, JSON.stringify(data)).toMatchObject({ result: 'confirmed', message: null })
    }
  })

  check('a refused write says so', async () => {
    const data = { function: 6, address: 5000, values: [1] }
    const outcome = await bus.execute!('d', { target: 'write', body: { kind: 'write', data } })
    expect(outcome).toMatchObject({ result: 'failed', uncertain: false, message: expect.stringMatching(/exception 2/) })
  })

  // libmodbus answers for every unit on TCP.
  const answersForAll = kind === 'tcp' && start === libmodbus
  const checkUnits = test.skipIf(answersForAll || (!isInstalled && !inCi))
  checkUnits('a unit that is not there is a timeout; the other goes on', async () => {
    expect((await bus.probe('absent')).failure?.quality).toBe(Quality.timeout)
    expect((await bus.probe('d')).failure).toBeNull()
  })
}) // prettier-ignore
