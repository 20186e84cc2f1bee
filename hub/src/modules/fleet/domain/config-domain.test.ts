import { describe, expect, test } from 'vitest'
import type { ManagedConfig } from '@courtyard/protocols/contract'
import { checkShape, checkTogether } from './config-check.ts'
import { diffConfigs } from './config-diff.ts'
import { nextState } from './config-state.ts'
import { exampleSchema } from './testing.ts'

const bus = { key: 'opc', driver: 'opcua', endpoint: 'x', login: { user: 'u', password: 'old' } }
const device = { key: 'a', name: 'A', bus: 'opc', profile: 'plant', address: { node: 'n' } }
const config: ManagedConfig = { buses: [bus], devices: [device] }
const faultsOf = (changed: Partial<ManagedConfig>, schema: typeof exampleSchema | null = exampleSchema) =>
  checkTogether({ ...config, ...changed }, schema).map(({ path, reason }) => [path, reason.code])

describe('how the parts fit together', () => {
  test('a good one has no faults', () => expect(faultsOf({})).toEqual([]))

  test.each([
    ['a key twice', { buses: [bus, bus] }, ['buses[1].key', 'config.key_twice']],
    ['no key', { devices: [{ ...device, key: undefined }] }, ['devices[0].key', 'input.missing']],
    [
      'an unknown driver',
      { buses: [bus, { key: 'z', driver: 'none' }] },
      ['buses[1].driver', 'config.unknown_driver'],
    ],
    ['an unknown bus', { devices: [{ ...device, bus: 'none' }] }, ['devices[0].bus', 'config.unknown_bus']],
    [
      'an unknown profile',
      { devices: [{ ...device, profile: 'x' }] },
      ['devices[0].profile', 'config.unknown_profile'],
    ],
    [
      'a profile of another driver',
      { devices: [{ ...device, profile: 'zk-terminal' }] },
      ['devices[0].profile', 'config.profile_of_other_driver'],
    ],
  ])('%s', (_, changed, fault) => expect(faultsOf(changed)).toEqual([fault]))

  test('of an agent that has not told its schema only keys and buses are looked at', () => {
    expect(faultsOf({ devices: [{ ...device, profile: 'x' }] }, null)).toEqual([])
    expect(faultsOf({ devices: [{ ...device, bus: 'none' }] }, null)).toHaveLength(1)
  })

  test('what is too large or too deep is not looked into', () => {
    let deep: unknown = 1
    for (let n = 0; n < 50_000; n++) deep = [deep]
    const deepConfig = { buses: [{ key: 'a', deep }], devices: [] }
    expect(checkShape(deepConfig)).toMatchObject([{ reason: { code: 'config.too_deep' } }])
    const large = { ...config, buses: [{ ...bus, endpoint: 'x'.repeat(4_000_000) }] }
    expect(checkShape(large)).toMatchObject([{ reason: { code: 'config.too_large' } }])
    expect(checkShape(config)).toEqual([])
  })
})

describe('the difference', () => {
  test('names what changed, by keys, and never a secret', () => {
    const after = {
      buses: [
        { key: 'zk', driver: 'zkteco' },
        { ...bus, endpoint: 'y', login: { user: 'u', password: 'new' } },
      ],
      devices: [],
    }
    const { changes } = diffConfigs(config, after, exampleSchema)
    expect(changes).toEqual(
      expect.arrayContaining([
        { path: 'buses[opc].endpoint', before: 'x', after: 'y' },
        { path: 'buses[opc].login.password', before: '********', after: '********' },
        { path: 'buses[zk].driver', after: 'zkteco' },
        { path: 'devices[a].name', before: 'A' },
      ]),
    )
    expect(JSON.stringify(changes)).not.toMatch(/old|new/)
    expect(changes.map(({ path }) => path)).not.toContain('buses[opc].login.user')
  })

  test('of the same in another order is nothing; of very many there is a count', () => {
    const two = { ...config, buses: [bus, { key: 'b', driver: 'zkteco' }] }
    expect(diffConfigs(two, { ...two, buses: two.buses.toReversed() }, exampleSchema).changes).toEqual([])
    const many = Array.from({ length: 300 }, (_, n) => ({ key: `d${n}` }))
    expect(diffConfigs(null, { buses: [], devices: many }, null)).toMatchObject({ more: 100 })
  })
})

test.each([
  ['pending', 'running', 'running'],
  ['pending', 'refused', 'refused'],
  ['pending', 'rolledBack', 'rolledBack'],
  ['running', 'rolledBack', 'rolledBack'],
  ['running', 'running', null],
  ['superseded', 'running', 'running'],
  ['superseded', 'refused', null],
  ['refused', 'refused', null],
  ['rolledBack', 'running', 'running'],
  ['draft', 'running', null],
] as const)('%s, reported as %s, is %s', (state, report, next) => expect(nextState(state, report)).toBe(next))
