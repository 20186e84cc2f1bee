import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { SECRET_MASK, type ManagedConfig } from '@courtyard/protocols/contract'
import { exampleSchema } from '../domain/testing.ts'
import { checkSchema } from './schema-check.ts'

const log = pino({ level: 'silent' })
const bus = { key: 'opc', driver: 'opcua', endpoint: 'x', login: { user: 'u', password: 'p' } }
const device = { key: 'a', name: 'A', bus: 'zk', profile: 'zk-terminal', address: { commKey: 1 } }
const good: ManagedConfig = {
  buses: [bus, { key: 'zk', driver: 'zkteco', host: 'h' }],
  devices: [device],
  uplink: { inFlightBatches: 4 },
}
const faultsOf = async (changed: Partial<ManagedConfig>, schema = exampleSchema) =>
  (await checkSchema({ ...good, ...changed }, schema, log)).map(({ path, reason }) => [path, reason.code])

describe('a configuration against the schema of its gateway', () => {
  test('a good one passes, and one whose secrets are masked', async () => {
    expect(await faultsOf({})).toEqual([])
    const masked = {
      devices: [{ ...device, address: { commKey: SECRET_MASK, users: [{ pin: SECRET_MASK }] } }],
    }
    expect(await faultsOf(masked)).toEqual([])
  })

  test('each fault stands at its field', async () => {
    const faults = await faultsOf({
      buses: [
        { key: 'opc', driver: 'opcua', port: 70_000, colour: 'red' },
        { key: 'zk', driver: 'zkteco', host: 5 },
      ],
      devices: [{ ...device, key: 'not a key', name: '', address: { users: [{ pin: 1 }] } }],
      uplink: { inFlightBatches: 0 },
    })
    expect(faults).toEqual(
      expect.arrayContaining([
        ['buses[0].endpoint', 'input.missing'],
        ['buses[0].port', 'input.too_big'],
        ['buses[0]', 'input.unknown_keys'],
        ['buses[1].host', 'input.type'],
        ['devices[0].key', 'input.format'],
        ['devices[0].name', 'input.empty'],
        ['devices[0].address.users[0].pin', 'input.type'],
        ['uplink.inFlightBatches', 'input.too_small'],
      ]),
    )
    expect(faults).toHaveLength(8)
  })

  test('of a union only the variant that is meant is spoken of, with all that could be meant', async () => {
    const kind = (type: string, field: string) => ({
      type: 'object',
      properties: { type: { const: type }, [field]: { type: 'string' } },
      required: ['type', field],
      additionalProperties: false,
    })
    const [opcua, ...others] = exampleSchema.drivers
    const properties = { transport: { oneOf: [kind('tcp', 'host'), kind('serial', 'path')] } }
    const schema = {
      ...exampleSchema,
      drivers: [{ ...opcua!, bus: { type: 'object', properties } }, ...others],
    }
    const faults = async (transport: unknown) =>
      (
        await checkSchema(
          { ...good, buses: [{ key: 'opc', driver: 'opcua', transport }], devices: [] },
          schema,
          log,
        )
      ).map(({ path, reason }) => [path, reason])
    expect(await faults({ type: 'serial' })).toEqual([['buses[0].transport.path', { code: 'input.missing' }]])
    expect(await faults({ host: 'h' })).toEqual([['buses[0].transport.type', { code: 'input.missing' }]])
    expect(await faults({ type: 'udp', host: 'h' })).toEqual([
      ['buses[0].transport.type', { code: 'input.one_of', options: 'tcp, serial' }],
    ])
    // As the example has it: somebody who signs in, or null
    const [fault] = await faultsOf({ buses: [{ ...bus, login: { user: 'u' } }, good.buses[1]!] })
    expect(fault).toEqual(['buses[0].login.password', 'input.missing'])
  })

  test(
    'a schema that cannot be used, or would take for ever, stops nobody',
    { timeout: 15_000 },
    async () => {
      const withDevice = (part: Record<string, unknown>) => ({ ...exampleSchema, device: part })
      expect(await faultsOf({}, withDevice({ type: 'nonsense' }))).toEqual([])
      const slow = { properties: { name: { type: 'string', pattern: '^(a+)+$' } } }
      const late = { ...good, devices: [{ ...device, name: `${'a'.repeat(40)}!` }] }
      const beganMs = Date.now()
      expect(await checkSchema(late, withDevice(slow), log, 2_000)).toEqual([])
      expect(Date.now() - beganMs).toBeLessThan(10_000)
    },
  )
})
