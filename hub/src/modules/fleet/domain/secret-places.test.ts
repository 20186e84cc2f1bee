import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SECRET_MASK, type ManagedConfig } from '@courtyard/protocols/contract'
import { maskSecrets, secretPlaces, unmaskSecrets, withoutSecrets } from './secret-places.ts'
import { exampleSchema } from './testing.ts'

const config: ManagedConfig = {
  buses: [
    { key: 'opc', driver: 'opcua', endpoint: 'opc.tcp://x', login: { user: 'u', password: 'hunter2' } },
    { key: 'zk', driver: 'zkteco', host: '10.0.0.9' },
    { key: 'other', driver: 'unheardOf', apiToken: 'abc', commKey: 5 },
  ],
  devices: [
    {
      key: 'a',
      name: 'A',
      bus: 'zk',
      profile: 'zk-terminal',
      address: { commKey: 4711, users: [{ pin: '12' }] },
    },
    { key: 'b', name: 'B', bus: 'opc', profile: 'plant', address: { node: 'ns=2;s=x' } },
  ],
  uplink: { inFlightBatches: 4 },
}

test('masks what the schema marks, through unions, references and lists, and what is called a password', () => {
  const masked = maskSecrets(config, exampleSchema)
  expect(masked.buses[0]).toMatchObject({
    endpoint: 'opc.tcp://x',
    login: { user: 'u', password: SECRET_MASK },
  })
  expect(masked.buses[2]).toMatchObject({ apiToken: SECRET_MASK, commKey: 5 })
  expect(masked.devices[0]!.address).toEqual({ commKey: SECRET_MASK, users: [{ pin: SECRET_MASK }] })
  expect(masked.devices[1]).toEqual(config.devices[1])
  expect(maskSecrets(config, null).buses[0]).toMatchObject({ login: { password: SECRET_MASK } })
  expect(JSON.stringify(config)).toContain('hunter2')
})

test('a mask is the secret of the same bus or device, wherever it stands now', () => {
  const masked = maskSecrets(config, exampleSchema)
  const moved = { ...masked, buses: masked.buses.toReversed(), devices: masked.devices.toReversed() }
  const back = unmaskSecrets(moved, [config], exampleSchema)
  expect(back).toEqual({ ...config, buses: config.buses.toReversed(), devices: config.devices.toReversed() })
})

test('the first source that has something real counts; what nobody knows stays masked', () => {
  const masked = maskSecrets(config, exampleSchema)
  const newer = { ...config, buses: [{ ...config.buses[0]!, login: { user: 'u', password: 'newer' } }] }
  const back = unmaskSecrets(masked, [masked, newer, config], exampleSchema)
  expect(back.buses[0]).toMatchObject({ login: { password: 'newer' } })
  expect(back.buses[2]).toMatchObject({ apiToken: 'abc' })
  expect(unmaskSecrets(masked, [], exampleSchema)).toEqual(masked)
  const renamed = { ...masked, buses: [{ ...masked.buses[0]!, key: 'opc2' }] }
  expect(unmaskSecrets(renamed, [config], exampleSchema).buses[0]).toMatchObject({
    login: { password: SECRET_MASK },
  })
})

test('a text that happens to be the mask where no secret is stays as it is', () => {
  const odd = { ...config, devices: [{ ...config.devices[0]!, name: SECRET_MASK }] }
  expect(unmaskSecrets(odd, [config], exampleSchema).devices[0]!.name).toBe(SECRET_MASK)
})

test('a template has neither secrets nor masks', () => {
  const bare = withoutSecrets(maskSecrets(config, exampleSchema), null)
  expect(JSON.stringify(bare)).not.toContain('***')
  const text = JSON.stringify(withoutSecrets(config, exampleSchema))
  for (const secret of ['hunter2', '4711', '"12"', 'abc']) expect(text).not.toContain(secret)
  expect(text).toContain('10.0.0.9')
})

test('a schema that refers to itself ends', () => {
  const loop = { $ref: '#/$defs/a', $defs: { a: { anyOf: [{ $ref: '#/$defs/a' }, { $ref: '#' }] } } }
  const schema = { ...exampleSchema, drivers: exampleSchema.drivers.map((one) => ({ ...one, bus: loop })) }
  expect(secretPlaces(config, schema).length).toBeGreaterThan(0)
})

describe('whatever the configuration', () => {
  const value = fc.jsonValue({ maxDepth: 3 })
  const field = fc.constantFrom('password', 'login', 'host', 'token', 'commKey', 'users', 'pin', 'x')
  const entry = fc.dictionary(field, value, { maxKeys: 5 })
  const keyed = (extra: fc.Arbitrary<Record<string, unknown>>) =>
    fc.uniqueArray(fc.tuple(fc.string({ minLength: 1, maxLength: 8 }), extra), {
      selector: ([key]) => key,
      maxLength: 4,
    })
  const buses = keyed(fc.record({ driver: fc.constantFrom('opcua', 'zkteco', 'none'), more: entry })).map(
    (list) => list.map(([key, { driver, more }]) => ({ ...(more as object), key, driver })),
  )
  const any = fc.record({ buses, devices: keyed(entry) }).map(({ buses: wires, devices }) => ({
    buses: wires,
    devices: devices.map(([key, address], index) => ({
      key,
      bus: wires[index % Math.max(wires.length, 1)]?.key ?? 'none',
      address,
    })),
  }))

  test('masking and unmasking loses nothing, and masking leaves no secret', () => {
    fc.assert(
      fc.property(any, fc.boolean(), (given, known) => {
        const schema = known ? exampleSchema : null
        // As it is after a way through JSON
        const whole = JSON.parse(JSON.stringify(given)) as ManagedConfig
        const masked = maskSecrets(whole, schema)
        expect(secretPlaces(masked, schema).every((place) => place.value === SECRET_MASK)).toBe(true)
        expect(unmaskSecrets(masked, [whole], schema)).toEqual(whole)
      }),
      { numRuns: 300 },
    )
  })
})
