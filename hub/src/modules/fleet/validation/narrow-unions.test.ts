import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { narrowUnions } from './narrow-unions.ts'

const object = (properties: object, required: string[]) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
})
const port = { type: 'integer', minimum: 1 }
const tcp = object({ type: { type: 'string', const: 'tcp' }, host: { type: 'string' }, port }, [
  'type',
  'host',
])
const serial = object(
  {
    type: { type: 'string', const: 'serial' },
    path: { type: 'string', minLength: 1 },
    bits: { anyOf: [{ const: 7 }, { const: 8 }], default: 8 },
  },
  ['type', 'path'],
)
const transport = { description: 'how', oneOf: [tcp, serial] }
const schemas = {
  discriminated: transport,
  'behind references': {
    anyOf: [{ $ref: '#/$defs/tcp' }, { $ref: '#/$defs/serial' }],
    $defs: { tcp, serial },
  },
  'or null': { anyOf: [transport, { type: 'null' }] },
  'an object or null': { anyOf: [tcp, { type: 'null' }] },
  constants: { anyOf: [{ const: 7 }, { const: 8 }] },
  kinds: { anyOf: [{ type: 'string', maxLength: 3 }, { type: 'integer' }, { type: 'boolean' }] },
  'not to be told apart': {
    anyOf: [object({ a: { type: 'string' } }, ['a']), object({ b: { type: 'string' } }, ['b'])],
  },
  'a property of that name': { properties: { oneOf: { type: 'string' }, x: { default: { anyOf: [tcp] } } } },
}

const ajv = new Ajv2020({ strict: false, allErrors: true, logger: false })
function faults(schema: unknown, value: unknown): string[] {
  const check = ajv.compile(narrowUnions(schema) as object)
  if (check(value)) return []
  return check.errors!.filter(({ keyword }) => keyword !== 'if').map((e) => `${e.instancePath} ${e.message}`)
}

describe('a union', () => {
  test.each([
    ['discriminated', { type: 'serial', path: '' }, ['/path must NOT have fewer than 1 characters']],
    [
      'discriminated',
      { type: 'tcp', port: 0 },
      [" must have required property 'host'", '/port must be >= 1'],
    ],
    ['discriminated', { host: 'h' }, [" must have required property 'type'"]],
    ['discriminated', { type: 'udp' }, ['/type must be equal to one of the allowed values']],
    ['discriminated', 'tcp', [' must be object']],
    [
      'discriminated',
      { type: 'serial', path: 'p', bits: 9 },
      ['/bits must be equal to one of the allowed values'],
    ],
    ['behind references', { type: 'tcp' }, [" must have required property 'host'"]],
    ['or null', { type: 'tcp' }, [" must have required property 'host'"]],
    ['or null', null, []],
    ['an object or null', { type: 'tcp' }, [" must have required property 'host'"]],
    ['an object or null', 5, [' must be object,null']],
    ['constants', 9, [' must be equal to one of the allowed values']],
    ['kinds', 'long', [' must NOT have more than 3 characters']],
    ['kinds', null, [' must be string,integer,boolean']],
  ] as const)('%s: %j', (name, value, expected) => {
    expect(faults(schemas[name], value)).toEqual(expected)
  })

  test('lets pass what passed, and nothing else', () => {
    const part = fc.constantFrom('tcp', 'serial', 'udp', '', 'h', 'long', 0, 1, 7, 8, null, true)
    const record = fc.dictionary(
      fc.constantFrom('type', 'host', 'path', 'port', 'bits', 'a', 'b', 'oneOf'),
      part,
    )
    const anything = fc.oneof(part, record, fc.array(part, { maxLength: 2 }))
    for (const schema of Object.values(schemas)) {
      const [before, after] = [ajv.compile(schema), ajv.compile(narrowUnions(schema) as object)]
      fc.assert(
        fc.property(anything, (value) => before(value) === after(value)),
        { numRuns: 500 },
      )
    }
  })
})
