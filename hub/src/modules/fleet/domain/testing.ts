import type { FleetSchema } from './secret-places.ts'

const text = { type: 'string' }
const strict = (properties: object, required: string[] = []) => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  properties,
  required,
  additionalProperties: false,
})

/** A schema as agents send it, small: a driver with a password in a union, one with secrets behind references. */
export type ExampleSchema = FleetSchema

export const exampleSchema: FleetSchema = {
  agentVersion: '1.0.0',
  revision: 'example-1',
  outbox: strict({ maxBytes: { type: 'integer', minimum: 65_536 } }),
  uplink: strict({ inFlightBatches: { type: 'integer', minimum: 1, maximum: 256 } }),
  device: strict(
    {
      key: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$' },
      name: { type: 'string', minLength: 1, maxLength: 200 },
      bus: text,
      profile: text,
      disabled: { type: 'boolean', default: false },
    },
    ['key', 'name', 'bus', 'profile'],
  ),
  drivers: [
    {
      id: 'opcua',
      bus: strict(
        {
          endpoint: text,
          port: { type: 'integer', minimum: 1, maximum: 65_535 },
          login: {
            anyOf: [
              strict({ user: text, password: { type: 'string', secret: true } }, ['user', 'password']),
              { type: 'null' },
            ],
          },
        },
        ['endpoint'],
      ),
      address: strict({ node: text }),
      write: null,
      scans: false,
      profiles: [{ id: 'plant', zh: '机组', en: 'plant', medium: 'equipment' }],
    },
    {
      id: 'zkteco',
      bus: strict({ host: text }, ['host']),
      address: {
        ...strict({
          commKey: { $ref: '#/$defs/commKey' },
          users: { type: 'array', items: { $ref: '#/$defs/user' } },
        }),
        $defs: {
          commKey: { type: 'integer', secret: true },
          user: strict({ pin: { type: 'string', secret: true } }),
        },
      },
      write: null,
      scans: true,
      profiles: [{ id: 'zk-terminal', zh: '门禁', en: 'terminal', medium: 'equipment' }],
    },
  ],
} as const
