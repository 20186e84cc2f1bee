import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SECRET_MASK, type ManagedConfig } from '@courtyard/protocols/contract'
import { driverDefinitions, findDriver } from '../drivers/registry.ts'
import { maskSecrets, schemasOf, secretsOf, unmaskSecrets } from './secrets.ts'

/** A DL/T 645 meter has a password for its relay. */
function config(passwords: readonly string[], order = passwords.map((_, i) => i)): ManagedConfig {
  return {
    buses: [{ key: 'line', driver: 'dlt645', transport: { type: 'tcp', host: 'h', port: 1 } }],
    devices: order.map((i) => ({
      key: `m${i}`,
      name: 'm',
      bus: 'line',
      profile: 'p',
      address: { address: `${i}`.padStart(12, '0'), password: passwords[i] },
    })),
  }
}

test('drivers whose schemas speak of passwords mark them as secrets', () => {
  for (const { id } of driverDefinitions) {
    const { bus, address } = schemasOf(findDriver(id)!)
    for (const [name, node] of [...fieldsOf(bus), ...fieldsOf(address)]) {
      // A switch such as passwordInClear is named after a secret and holds none.
      if (node['type'] !== 'boolean' && /password|passphrase|secret|commKey|community$/i.test(name))
        expect(node['secret'], `${id} ${name}`).toBe(true)
    }
  }
})

function fieldsOf(node: Readonly<Record<string, unknown>>): [string, Readonly<Record<string, unknown>>][] {
  const properties = Object.entries((node['properties'] ?? {}) as Record<string, Record<string, unknown>>)
  const variants = ['oneOf', 'anyOf', 'allOf'].flatMap(
    (word) => (node[word] ?? []) as Record<string, unknown>[],
  )
  return [...properties, ...properties.flatMap(([, child]) => fieldsOf(child)), ...variants.flatMap(fieldsOf)]
}

test('property: masking shows no secret, and unmasking brings back every one, in any order of the devices', () => {
  const secret = fc.stringMatching(/^[0-9]{8}$/)
  fc.assert(
    fc.property(
      fc
        .array(secret, { minLength: 1, maxLength: 6 })
        .chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list.map((_, i) => i)))),
      ([passwords, order]) => {
        const before = config(passwords)
        const masked = maskSecrets(config(passwords, order))
        expect(secretsOf(masked).every((text) => text === SECRET_MASK)).toBe(true)
        expect(unmaskSecrets(masked, before)).toEqual({ config: config(passwords, order), issues: [] })
        expect(secretsOf(before).sort()).toEqual([...new Set(passwords)].sort())
      },
    ),
  )
})

test('a mask for a device that had no secret is an issue at its place; a new secret is taken as it is', () => {
  const before = config(['11111111'])
  const wish = config([SECRET_MASK, SECRET_MASK])
  const { config: merged, issues } = unmaskSecrets(wish, before)
  expect(issues).toMatchObject([{ path: 'devices[1].address.password' }])
  expect(merged.devices[0]).toMatchObject({ address: { password: '11111111' } })
  expect(unmaskSecrets(config(['22222222']), before).config.devices[0]).toMatchObject({
    address: { password: '22222222' },
  })
})

test('what is no schema of ours passes through unharmed', () => {
  const odd: ManagedConfig = {
    buses: [{ key: 1, driver: 'knx', password: 'x' }, {}],
    devices: [{ bus: 'none', address: [1, null] }],
  }
  expect(maskSecrets(odd)).toEqual(odd)
  expect(unmaskSecrets(odd, { buses: [], devices: [] })).toEqual({ config: odd, issues: [] })
})
