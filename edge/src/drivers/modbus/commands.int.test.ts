/** Commands and scan against simulated units that can be told something, over Modbus TCP and RTU over TCP. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { CommandBody } from '@courtyard/protocols/contract'
import { DeviceProfile, loadProfiles } from '@courtyard/protocols/profile'
import { testDriverContext } from '../../testing/driver-context.ts'
import { ModbusDeviceProcess } from '../../testing/modbus-device.ts'
import type { FoundDevice } from '../driver.ts'
import { modbusDriver } from './index.ts'
import { ModbusBusConfig } from './modbus.config.ts'

const label = { zh: '空调', en: 'air conditioner' }
const point = (key: string, address: number, scale: number, register: object = {}) => ({
  ...{ key, label, kind: scale ? 'gauge' : 'state', code: '0-0:96.9.1', unit: scale ? '°C' : '', scale },
  ...{
    group: 'fast',
    modbus: { function: 3, address, type: 's16', factor: scale ? '0.1' : '1', ...register },
  },
})
/** A thermostat whose registers of the command and of the effect differ, as with many meters' relays. */
const thermostat = DeviceProfile.parse({
  ...{ id: 'test-thermostat', manufacturer: 'Test', model: 'T', label, medium: 'equipment', driver: 'modbus' },
  ...{ sources: ['test'], modbus: {}, groups: { fast: { intervalMs: 1000 } } },
  points: [point('setpoint', 20, 1), point('relay', 21, 0), point('limit', 30, 1, { type: 's32' })],
  commands: [
    {
      ...{ key: 'set', kind: 'setpoint', label, unit: '°C', scale: 1, range: ['5', '35'] },
      readBack: { point: 'setpoint', withinMs: 1_500 },
      modbus: { function: 6, address: 40, type: 's16', factor: '0.1' },
    },
    {
      ...{ key: 'setHalf', kind: 'setpoint', label, modbus: { function: 16, address: 42, type: 's16', factor: '0.5' } },
    },
    {
      ...{ key: 'setLimit', kind: 'setpoint', label, readBack: { point: 'limit', withinMs: 1_500 } },
      modbus: { function: 16, address: 44, type: 's32', order: 'CDAB', factor: '0.1' },
    },
    {
      ...{ key: 'relay', kind: 'relay', label },
      readBack: { point: 'relay', values: { open: '0', close: '1' }, withinMs: 1_500 },
      modbus: { function: 16, address: 50, values: { open: 0x5555, close: 0xaaaa } },
    },
    { key: 'door', kind: 'door', label, modbus: { function: 6, address: 51, values: { open: 1 } } },
    { key: 'absent', kind: 'door', label, modbus: { function: 6, address: 99, values: { open: 1, close: 7 } } },
  ],
}) // prettier-ignore
const board = loadProfiles().get('wellpro-wp8025adam')!

let device: ModbusDeviceProcess
beforeAll(async () => {
  device = await ModbusDeviceProcess.start([
    { unitId: 1, profile: thermostat, effectDelayMs: 300 },
    { unitId: 2, profile: board.id, identification: ['WellPro Ltd.', 'WP8025ADAM', 'V1.2'] },
    // It accepts and does nothing before the driver gives up.
    { unitId: 3, profile: thermostat, effectDelayMs: 60_000 },
  ])
})
afterAll(() => device.stop())
afterEach(async () => {
  for (const unit of [1, 2, 3]) await device.setFault(unit, null)
})

const transports = [
  ['tcp', () => ({ type: 'tcp', host: '127.0.0.1', port: device.port })],
  ['rtu-tcp', () => ({ type: 'rtu-tcp', host: '127.0.0.1', port: device.rtuPort })],
] as const

describe.each(transports)('%s', (_name, transport) => {
  const contextOf = (timeoutMs = 300) =>
    testDriverContext(ModbusBusConfig.parse({ transport: transport(), timeoutMs }))
  const driver = () =>
    modbusDriver.create(contextOf(), [
      { key: 'thermostat', address: { unitId: 1 }, profile: thermostat },
      { key: 'board', address: { unitId: 2 }, profile: board },
      { key: 'lazy', address: { unitId: 3 }, profile: thermostat },
    ])
  const withDriver = async <T>(work: (bus: ReturnType<typeof driver>) => Promise<T>): Promise<T> => {
    const bus = driver()
    try {
      return await work(bus)
    } finally {
      await bus.stop()
    }
  }
  const execute = (key: string, target: string, body: CommandBody) =>
    withDriver((bus) => bus.execute!(key, { target, body }))
  const setpoint = (value: string): CommandBody => ({ kind: 'setpoint', value })

  test('coils: closed, read back, open again; the neighbours stay', async () => {
    const off = { function: 15, address: 0, values: [0, 0, 0, 0, 0, 0, 0, 0] }
    await execute('board', 'write', { kind: 'write', data: off })
    const closed = await execute('board', 'relay3', { kind: 'relay', action: 'close' })
    expect(closed).toMatchObject({ result: 'confirmed', uncertain: false, message: null })
    expect(closed.readings).toMatchObject([{ point: 'board/relay3', mantissa: 1 }])
    const { values } = await device.truth(2)
    expect(Object.values(values)).toEqual([0, 0, 1, 0, 0, 0, 0, 0])
    const opened = await execute('board', 'relay3', { kind: 'relay', action: 'open' })
    expect(opened).toMatchObject({ result: 'confirmed' })
    expect((await device.truth(2)).values['relay3']).toBe(0)
  })

  test('a setpoint is confirmed when it shows, once written', async () => {
    const { writes } = await device.truth(1)
    const value = (await device.truth(1)).values['setpoint'] === 215 ? '22.5' : '21.5'
    const outcome = await execute('thermostat', 'set', setpoint(value))
    expect(outcome).toMatchObject({ result: 'confirmed', readings: [{ point: 'thermostat/setpoint' }] })
    expect((await device.truth(1)).values['setpoint']).toBe(Number(value) * 10)
    expect((await device.truth(1)).writes).toBe(writes + 1)
  })

  test('two registers, words swapped, negative', async () => {
    expect(await execute('thermostat', 'setLimit', setpoint('-12345.6'))).toMatchObject({
      result: 'confirmed',
    })
    expect((await device.truth(1)).values['limit']).toBe(-123456)
  })

  test('a relay with magic numbers', async () => {
    expect(await execute('thermostat', 'relay', { kind: 'relay', action: 'close' })).toMatchObject({
      result: 'confirmed',
    })
    expect((await device.truth(1)).values['relay']).toBe(1)
    expect(await execute('thermostat', 'relay', { kind: 'relay', action: 'open' })).toMatchObject({
      result: 'confirmed',
    })
  })

  test('accepted but never shown is acknowledged, with what it shows', async () => {
    expect(await execute('lazy', 'set', setpoint('25'))).toMatchObject({
      ...{ result: 'acknowledged', uncertain: false, message: 'accepted, but it shows 0.0' },
      readings: [{ mantissa: 0 }],
    })
  })

  test('without read-back it is acknowledged', async () => {
    const outcome = await execute('thermostat', 'door', { kind: 'door', action: 'open' })
    expect(outcome).toEqual({ result: 'acknowledged', uncertain: false, message: null, readings: [] })
  })

  test.each<[string, string, CommandBody, RegExp]>([
    ['a decimal too many', 'set', setpoint('21.55'), /21\.55 has more than 1 decimal/],
    ['out of range', 'set', setpoint('35.1'), /35\.1 is outside 5–35 °C of set/],
    ['between two steps', 'setHalf', setpoint('21.3'), /21\.3 is not exactly a value of setHalf: s16 in steps of 0\.5/],
    ['too large for the register', 'setHalf', setpoint('16384'), /16384: 32768 does not fit s16/],
    ['an action that the profile lacks', 'door', { kind: 'door', action: 'holdOpen' }, /door has no holdOpen/],
    ['seconds that nobody counts', 'door', { kind: 'door', action: 'open', seconds: 5 }, /how many seconds/],
    ['no such command', 'valve', { kind: 'valve', action: 'open' }, /no valve command valve/],
    ['another kind', 'set', { kind: 'clock' }, /no clock command set/],
    ['a free write of a wrong shape', 'write', { kind: 'write', data: { function: 5, address: 0, values: [2] } }, /a coil is 0 or 1/],
  ])('%s is refused before anything is sent', async (_text, target, body, message) => {
    const { writes } = await device.truth(1)
    const outcome = await execute('thermostat', target, body)
    expect(outcome).toMatchObject({ result: 'failed', uncertain: false, message: expect.stringMatching(message) })
    expect((await device.truth(1)).writes).toBe(writes)
  }) // prettier-ignore

  test('a refusal of the device is certain and in words', async () => {
    await device.setFault(1, 'refusing')
    expect(await execute('thermostat', 'set', setpoint('21'))).toMatchObject({
      ...{ result: 'failed', uncertain: false, message: 'exception 2 (illegal data address)' },
    })
  })

  test.each(['silent', 'reset', 'garbage'])('%s after sending leaves it uncertain', async (fault) => {
    await device.setFault(1, fault)
    const outcome = await execute('thermostat', 'set', setpoint('21'))
    expect(outcome).toMatchObject({ result: 'failed', uncertain: true, readings: [] })
    expect(outcome.message).toBeTruthy()
  })

  test('free writes of coils and registers are read back where the device lets them', async () => {
    const coils = { function: 15, address: 0, values: [1, 0, 1, 1, 0, 0, 0, 1] }
    expect(await execute('board', 'write', { kind: 'write', data: coils })).toMatchObject({
      result: 'confirmed',
    })
    expect(Object.values((await device.truth(2)).values)).toEqual(coils.values)
    const outcome = await execute('thermostat', 'write', {
      ...{ kind: 'write', data: { function: 16, address: 50, values: [0x5555] } },
    })
    expect(outcome).toMatchObject({
      result: 'acknowledged',
      message: expect.stringMatching(/not read back: exception 2/),
    })
  })

  test('after an interruption the effect is read, nothing is written', async () => {
    const closed = { target: 'relay1', body: { kind: 'relay', action: 'close' } } as const
    await execute('board', 'relay1', { kind: 'relay', action: 'open' })
    const { writes } = await device.truth(2)
    await withDriver(async (bus) => {
      expect(await bus.confirm!('board', closed)).toMatchObject({ result: 'failed', uncertain: false })
      const open = { target: 'relay1', body: { kind: 'relay', action: 'open' } } as const
      expect(await bus.confirm!('board', open)).toMatchObject({ result: 'confirmed' })
      const door = { target: 'door', body: { kind: 'door', action: 'open' } } as const
      expect(await bus.confirm!('thermostat', door)).toBeNull()
      await device.setFault(2, 'silent')
      expect(await bus.confirm!('board', open)).toMatchObject({ result: 'failed', uncertain: true })
    })
    expect((await device.truth(2)).writes).toBe(writes)
  })

  test('scan finds the units, and a profile by what one says', async () => {
    const found: FoundDevice[] = []
    const abort = new AbortController()
    const context = contextOf(50)
    await modbusDriver.scan!(
      context,
      (one) => {
        found.push(one)
        if (found.length === 3) abort.abort()
      },
      abort.signal,
    )
    expect(found.map(({ address, profile }) => [address['unitId'], profile])).toEqual([
      [1, null],
      [2, 'wellpro-wp8025adam'],
      [3, null],
    ])
    expect(found[1]!.text).toBe('WellPro Ltd. WP8025ADAM V1.2')
    expect(found[0]!.text).toBe('exception 2 (illegal data address)')
  })
})

test('a command to a bus that is not there has not been sent', async () => {
  const transport = { type: 'rtu-tcp', host: '127.0.0.1', port: 1 }
  const bus = modbusDriver.create(testDriverContext(ModbusBusConfig.parse({ transport, timeoutMs: 300 })), [
    { key: 'board', address: { unitId: 2 }, profile: board },
  ])
  const outcome = await bus.execute!('board', { target: 'relay1', body: { kind: 'relay', action: 'open' } })
  expect(outcome).toMatchObject({ result: 'failed', uncertain: false })
  await bus.stop()
})
