import { expect, test } from 'vitest'
import { loadProfiles } from '../catalogue.ts'
import { checkProfile } from '../semantics.ts'
import { ProfileCommand } from '../profile.schema.ts'

const board = loadProfiles().get('wellpro-wp8025adam')!
const label = { zh: '命令', en: 'command' }
const issuesOf = (command: object) =>
  checkProfile({ ...board, commands: [ProfileCommand.parse({ key: 'c', label, ...command })] })
    .map(({ path, reason }) => `${path}: ${reason}`) // prettier-ignore

const coil = { function: 5, address: 0 }
const register = { function: 6, address: 0 }
const setpoint = (modbus: object) => ({ kind: 'setpoint', modbus: { ...register, ...modbus } })

test.each<[string, object, string]>([
  ['a kind that Modbus lacks', { kind: 'clock' }, 'commands[0].kind: modbus has no clock'],
  ['no way to write', { kind: 'relay' }, 'commands[0].modbus: missing for driver modbus'],
  ['no numbers', { kind: 'relay', modbus: coil }, 'commands[0].modbus.values: no action has a number'],
  ['a strange action', { kind: 'relay', modbus: { ...coil, values: { stop: 1 } } }, 'commands[0].modbus.values.stop: no such action'],
  ['a coil of 2', { kind: 'door', modbus: { ...coil, values: { open: 2 } } }, 'commands[0].modbus.values.open: a coil is 0 or 1'],
  ['a setpoint without form', setpoint({}), 'commands[0].modbus.type: a setpoint needs a form of number'],
  ['two registers by function 6', setpoint({ type: 'u32' }), 'commands[0].modbus.function: function 6 writes one register'],
  ['a setpoint in a coil', setpoint({ ...coil, type: 'u16' }), 'commands[0].modbus.function: a coil holds no setpoint'],
  ['a factor of 0', setpoint({ type: 'u16', factor: '0' }), 'commands[0].modbus.factor: must not be 0'],
  ['an end beyond the last register', setpoint({ function: 16, type: 'u32', address: 65535 }), 'commands[0].modbus.address: runs beyond 65535'],
  ['a point that is not there', { kind: 'relay', modbus: { ...coil, values: { open: 0 } }, readBack: { point: 'x', values: { open: '0' } } }, 'commands[0].readBack.point: no point x'],
  ['an action that leads nowhere', { kind: 'relay', modbus: { ...coil, values: { open: 0, close: 1 } }, readBack: { point: 'relay1', values: { open: '0' } } }, 'commands[0].readBack.values.close: no value that it leads to'],
])('%s', (_name, command, issue) => {
  expect(issuesOf(command)).toContain(issue)
}) // prettier-ignore

test('the commands of the catalogue are well', () => {
  expect(issuesOf({ kind: 'relay', modbus: { ...coil, values: { open: 0, close: 1 } } })).toEqual([])
  expect(issuesOf({ ...setpoint({ type: 'u16' }), readBack: { point: 'relay1' } })).toEqual([])
  expect(checkProfile(board)).toEqual([])
})
