/** Terminals and lines of the neighbourhood on their sockets; bytes are written here by hand. */
import { connect } from 'node:net'
import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startSimulator, type RunningSimulator } from '../index.ts'
import { furtherConfig, furtherDevicesOf, type FurtherPorts } from './further-devices.ts'

const nowMs = Date.parse('2026-03-04T11:23:45.678Z')
let simulator: RunningSimulator
let ports: FurtherPorts

beforeAll(async () => {
  simulator = await startSimulator({ portBase: 0, controlPort: 0, devicePortBase: 0 }, () => nowMs)
  ports = simulator.furtherPorts!
})
afterAll(() => simulator.stop())

async function ask(port: number, request: string, isWhole: (answer: Buffer) => boolean): Promise<Buffer> {
  const socket = connect(port, '127.0.0.1')
  socket.write(Buffer.from(request.replaceAll(' ', ''), 'hex'))
  let answer = Buffer.alloc(0)
  while (!isWhole(answer)) {
    const [bytes] = (await once(socket, 'data')) as [Buffer]
    answer = Buffer.concat([answer, bytes])
  }
  socket.destroy()
  return answer
}

const further = () => furtherDevicesOf(1, simulator.site.households)

test('a meter with relay tells its energy', async () => {
  const meter = further().line645[0]!
  const address = Buffer.from(meter.address, 'hex').reverse()
  const body = Buffer.concat([
    Buffer.from('68', 'hex'),
    address,
    Buffer.from('6811043333343368'.slice(0, 14), 'hex'),
  ])
  const sum = Buffer.from([body.reduce((total, byte) => (total + byte) & 0xff, 0), 0x16])
  const request = Buffer.concat([body, sum]).toString('hex')
  const answer = await ask(ports.line645, request, (bytes) => bytes.at(-1) === 0x16 && bytes.length >= 24)
  const frame = answer.subarray(answer.indexOf(0x68))
  expect(frame.subarray(8, 10).toString('hex')).toBe('9108')
  const bcd = [...frame.subarray(14, 18)].reverse().map((byte) => (byte - 0x33) & 0xff)
  const kwh = Number(bcd.map((byte) => byte.toString(16).padStart(2, '0')).join('')) / 100
  const hours = (nowMs - Date.parse('2023-01-01T00:00:00+08:00')) / 3_600_000
  expect(kwh).toBeCloseTo((meter.powerW / 1_000) * hours, 1)
})

test('a terminal accepts a session', async () => {
  // CMD_CONNECT over TCP: 50 50 82 7D, eight bytes, then command, checksum, session and reply number.
  const answer = await ask(
    ports['doors-b1'],
    '5050827d08000000 e80317fc00000000',
    ({ length }) => length >= 16,
  )
  expect(answer.readUInt16LE(8)).toBe(2000)
})

test('the site file names all of them once, on buses that exist, with keys of their own', () => {
  const { buses, devices } = furtherConfig(further(), '127.0.0.1', ports)
  expect(buses.map(({ key }) => key)).toEqual(['doors', 'line645', 'line188'])
  expect(devices.map(({ key }) => key)).toHaveLength(6)
  const keys = [...simulator.site.meters.map(({ key }) => key), ...devices.map(({ key }) => key)]
  expect(new Set(keys).size).toBe(keys.length)
  for (const { bus } of devices) expect(buses.map(({ key }) => key)).toContain(bus)
  // Passwords are the seed's own, none that anybody knows.
  const others = furtherDevicesOf(2, simulator.site.households)
  expect(others.line645.map(({ password }) => password)).not.toEqual(
    further().line645.map(({ password }) => password),
  )
})

test('without being asked for, there are none', async () => {
  const plain = await startSimulator({ portBase: 0, controlPort: 0 }, () => nowMs)
  expect(plain.furtherPorts).toBeNull()
  await plain.stop()
})
