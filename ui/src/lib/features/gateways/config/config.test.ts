import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { SECRET_MASK, type ManagedConfig } from '@courtyard/protocols/contract'
import { diffConfigs } from './config-diff.ts'
import { configOfFile, withoutSecrets } from './config-file.ts'
import { freeKey, whereText } from './config-texts.ts'
import { checkFields, checkKeys, checkSchema, isMeant } from './form-checks.ts'
import { blankOf, fieldsOf, formOf } from './form-model.ts'
import { placeIssues } from './issue-places.ts'
import { formatPath, getAt, parsePath, sameContent, setAt, type Fields } from './paths.ts'
import { MASK } from './secret-mask.ts'

const schemaOf = (type: z.ZodType): Fields => z.toJSONSchema(type, { io: 'input' }) as Fields
/** A bus as drivers describe it, through the library that the agents use. */
const bus = schemaOf(
  z.strictObject({
    transport: z
      .discriminatedUnion('type', [
        z.strictObject({
          type: z.literal('serial'),
          path: z.string().min(1),
          baudRate: z.number().int().min(300).max(921_600).default(9600).describe('Bits per second'),
          dataBits: z.union([z.literal(7), z.literal(8)]).default(8),
          parity: z.enum(['none', 'even', 'odd']).default('none'),
        }),
        z.strictObject({
          type: z.literal('tcp'),
          host: z.string().min(1),
          port: z.number().int().min(1).max(65_535),
        }),
      ])
      .describe('How the line is reached'),
    password: z
      .string()
      .regex(/^\d{6}$/)
      .optional()
      .meta({ secret: true }),
    waitSeconds: z.number().positive().max(60).optional(),
    topics: z.array(z.string()).default([]),
    labels: z.record(z.string(), z.number().int().min(1)).optional(),
    login: z.strictObject({ user: z.string(), token: z.string().meta({ secret: true }) }).optional(),
    anything: z.unknown().optional(),
  }),
)

describe('a form out of a schema', () => {
  const fields = fieldsOf(bus)
  const node = (name: string) => fields.find((field) => field.name === name)?.node
  it('knows kinds, defaults, what is required and what is secret', () => {
    expect(fields.map(({ name, required }) => [name, required])).toEqual([
      ['transport', true],
      ['password', false],
      ['waitSeconds', false],
      ['topics', false],
      ['labels', false],
      ['login', false],
      ['anything', false],
    ])
    expect(node('password')).toMatchObject({ kind: 'text', secret: true })
    expect(node('waitSeconds')).toMatchObject({
      kind: 'number',
      integer: false,
      minimum: 0,
      above: true,
      maximum: 60,
    })
    expect(node('topics')).toMatchObject({ kind: 'list', item: { kind: 'text' } })
    expect(node('labels')).toMatchObject({
      kind: 'map',
      value: { kind: 'number', integer: true, minimum: 1 },
    })
    expect(node('anything')).toEqual({ kind: 'json' })
    expect(fields.find(({ name }) => name === 'topics')?.fallback).toEqual([])
  })
  it('makes variants of a discriminated union and a choice of literals', () => {
    const transport = node('transport')
    if (transport?.kind !== 'variants') return expect.unreachable('no variants')
    expect(transport.tag).toBe('type')
    expect(transport.variants.map(({ value }) => value)).toEqual(['serial', 'tcp'])
    const serial = transport.variants[0]!.fields
    expect(serial.map(({ name }) => name)).toEqual(['path', 'baudRate', 'dataBits', 'parity'])
    expect(serial.find(({ name }) => name === 'dataBits')?.node).toEqual({ kind: 'choice', options: [7, 8] })
    expect(serial.find(({ name }) => name === 'baudRate')).toMatchObject({
      fallback: 9600,
      description: 'Bits per second',
    })
  })
  it('begins with constants only, so that defaults stay the agent’s', () => {
    expect(blankOf(formOf(bus))).toEqual({ transport: { type: 'serial' } })
  })
  it('follows references and joins parts', () => {
    const schema = {
      $defs: { port: { type: 'integer', minimum: 1 } },
      allOf: [
        { type: 'object', properties: { port: { $ref: '#/$defs/port' } }, required: ['port'] },
        { type: 'object', properties: { host: { type: 'string' } } },
      ],
    }
    expect(fieldsOf(schema).map(({ name, required, node: { kind } }) => [name, required, kind])).toEqual([
      ['port', true, 'number'],
      ['host', false, 'text'],
    ])
  })
})

describe('what the form sees is wrong', () => {
  const faults = (value: unknown): string[] =>
    checkFields(fieldsOf(bus), value, ['buses', 0]).map(({ path, code }) => `${formatPath(path)} ${code}`)
  it('agrees with the library about good and bad', () => {
    const good = { transport: { type: 'tcp', host: 'a', port: 502 }, labels: { a: 1 } }
    expect(faults(good)).toEqual([])
    expect(faults({ transport: { type: 'serial' } })).toEqual(['buses[0].transport.path missing'])
    expect(faults({ transport: { type: 'usb' } })).toEqual(['buses[0].transport.type missing'])
    expect(
      faults({
        transport: { type: 'tcp', host: '', port: 70_000 },
        waitSeconds: 0,
        labels: { a: 0.5 },
        extra: 1,
      }),
    ).toEqual([
      'buses[0].transport.host missing',
      'buses[0].transport.port above',
      'buses[0].waitSeconds below',
      'buses[0].labels.a notInteger',
      'buses[0].extra unknownField',
    ])
    expect(faults({ transport: { type: 'tcp', host: 'a', port: '80x' } })).toEqual([
      'buses[0].transport.port notNumber',
    ])
  })
  it('leaves a mask alone: it stands for what is not here', () => {
    expect(faults({ transport: { type: 'tcp', host: 'a', port: 1 }, password: MASK })).toEqual([])
  })
  it('finds keys twice and devices on no bus', () => {
    const issues = checkKeys(
      [{ key: 'a' }, { key: 'a' }],
      [
        { key: 'd', bus: 'a' },
        { key: 'e', bus: 'b' },
      ],
    )
    expect(issues.map(({ path, code }) => `${formatPath(path)} ${code}`)).toEqual([
      'buses[1].key duplicateKey',
      'devices[1].bus unknownBus',
    ])
  })
  it('tells faults of the chosen variant from those of others', () => {
    const node = formOf(bus)
    const value = { transport: { type: 'serial', odd: 1 } }
    const meant = (path: string): boolean => isMeant(node, value, parsePath(path))
    expect(['transport.path', 'transport', 'transport.odd', 'password', 'topics.0'].map(meant)).toEqual([
      true,
      true,
      true,
      true,
      true,
    ])
    expect(['transport.host', 'transport.port', 'transport.type'].map(meant)).toEqual([false, false, false])
    expect(isMeant(node, { transport: { type: 'usb' } }, ['transport', 'type'])).toBe(true)
    expect(isMeant(node, value, ['nowhere'])).toBe(false)
  })
  it('checks the body of a free write', () => {
    const write = schemaOf(
      z.strictObject({ address: z.number().int().min(0), values: z.array(z.number().int()).min(1) }),
    )
    expect(checkSchema(write, { address: 3, values: [1] })).toEqual([])
    expect(checkSchema(write, { values: [1.5] }).map(({ code }) => code)).toEqual(['missing', 'notInteger'])
  })
})

describe('paths', () => {
  it('reads the ways in which checkers write them', () => {
    for (const text of [
      'buses[0].transport.host',
      '/buses/0/transport/host',
      'config.buses.0.transport.host',
      'body.config.buses[0].transport.host',
    ])
      expect(parsePath(text)).toEqual(['buses', 0, 'transport', 'host'])
    expect(parsePath('')).toEqual([])
    expect(formatPath(['devices', 3, 'address', 'unitId'])).toBe('devices[3].address.unitId')
  })
  it('sets without touching the old, and takes away with undefined', () => {
    const before = { buses: [{ key: 'a', port: 1 }, { key: 'b' }] }
    expect(setAt(before, ['buses', 0, 'port'], 2)).toEqual({ buses: [{ key: 'a', port: 2 }, { key: 'b' }] })
    expect(setAt(before, ['buses', 0, 'port'], undefined)).toEqual({ buses: [{ key: 'a' }, { key: 'b' }] })
    expect(setAt(before, ['buses', 0], undefined)).toEqual({ buses: [{ key: 'b' }] })
    expect(setAt({}, ['a', 'b'], 1)).toEqual({ a: { b: 1 } })
    expect(before).toEqual({ buses: [{ key: 'a', port: 1 }, { key: 'b' }] })
    expect(getAt(before, ['buses', 1, 'key'])).toBe('b')
    expect(sameContent({ a: 1, b: [2] }, { b: [2], a: 1 })).toBe(true)
    expect(sameContent({ a: undefined }, {})).toBe(false)
  })
})

const config = (more: Partial<ManagedConfig> = {}): ManagedConfig => ({
  buses: [{ key: 'b1', driver: 'x', transport: { type: 'tcp', host: '10.0.0.1' } }],
  devices: [
    { key: 'm1', bus: 'b1', name: 'one' },
    { key: 'm2', bus: 'b1', name: 'two' },
  ],
  ...more,
})

describe('differences', () => {
  it('go by key, not by place', () => {
    const after = config({
      devices: [
        { key: 'm2', bus: 'b1', name: 'second' },
        { key: 'm3', bus: 'b1', name: 'three' },
      ],
      outbox: { flushMs: 100 },
    })
    expect(diffConfigs(config(), after)).toEqual([
      {
        part: 'device',
        key: 'm2',
        kind: 'changed',
        fields: [{ path: 'name', before: 'two', after: 'second' }],
      },
      { part: 'device', key: 'm3', kind: 'added', fields: [] },
      { part: 'device', key: 'm1', kind: 'removed', fields: [] },
      {
        part: 'outbox',
        key: '',
        kind: 'changed',
        fields: [{ path: 'flushMs', before: undefined, after: 100 }],
      },
    ])
    expect(diffConfigs(config(), config())).toEqual([])
  })
})

describe('faults that were found in an earlier state', () => {
  const issues = [{ path: 'devices[1].name', reason: 'too short' }]
  it('follow their device when others go, and leave when it was changed', () => {
    const checked = config()
    const moved = config({ devices: [checked.devices[1]!] })
    expect(placeIssues(issues, checked, moved)).toEqual([
      { path: ['devices', 0, 'name'], reason: 'too short' },
    ])
    const mended = config({ devices: [checked.devices[0]!, { ...checked.devices[1], name: 'better' }] })
    expect(placeIssues(issues, checked, mended)).toEqual([])
    const gone = config({ devices: [checked.devices[0]!] })
    expect(placeIssues(issues, checked, gone)).toEqual([])
  })
})

describe('files', () => {
  it('hold no secret, wherever the schema has one', () => {
    const schema = {
      agentVersion: '1',
      revision: 'r',
      outbox: { type: 'object', properties: {} },
      uplink: { type: 'object', properties: {} },
      device: { type: 'object', properties: { name: { type: 'string' } } },
      drivers: [
        {
          id: 'x',
          bus,
          address: schemaOf(z.strictObject({ pin: z.string().meta({ secret: true }), unit: z.number() })),
          write: null,
          scans: false,
          profiles: [],
        },
      ],
    }
    const full: ManagedConfig = {
      buses: [
        {
          key: 'b1',
          driver: 'x',
          transport: { type: 'tcp', host: 'h', port: 1 },
          password: '123456',
          login: { user: 'u', token: 't' },
        },
      ],
      devices: [{ key: 'm1', bus: 'b1', name: 'one', address: { pin: '9999', unit: 1 } }],
    }
    const text = JSON.stringify(withoutSecrets(full, schema))
    for (const secret of ['123456', '"t"', '9999']) expect(text).not.toContain(secret)
    expect(JSON.parse(text)).toEqual({
      buses: [
        {
          key: 'b1',
          driver: 'x',
          transport: { type: 'tcp', host: 'h', port: 1 },
          password: MASK,
          login: { user: 'u', token: MASK },
        },
      ],
      devices: [{ key: 'm1', bus: 'b1', name: 'one', address: { pin: MASK, unit: 1 } }],
    })
    expect(MASK).toBe(SECRET_MASK)
  })
  it('are read bare or inside a template, and refused when they are something else', () => {
    expect(configOfFile(`\uFEFF${JSON.stringify(config())}`)).toEqual(config())
    expect(configOfFile(JSON.stringify({ name: 'template', config: config() }))).toEqual(config())
    for (const text of ['', 'buses:', '{}', '{"buses":[],"devices":"none"}', '{"buses":[1],"devices":[]}'])
      expect(configOfFile(text)).toBeNull()
  })
})

describe('texts', () => {
  it('finds a free key near the wanted one', () => {
    expect(freeKey('meter', new Set())).toBe('meter')
    expect(freeKey('b1-0109-e', new Set(['b1-0109-e']))).toBe('b1-0109-e-2')
    expect(freeKey('m09', new Set(['m09', 'm10']))).toBe('m11')
    expect(freeKey('一号表', new Set())).toBe('device')
  })
  it('says where a bus is', () => {
    expect(whereText({ transport: { type: 'tcp', host: '10.0.0.9', port: 4001 } })).toBe('10.0.0.9:4001')
    expect(whereText({ transport: { type: 'serial', path: '/dev/ttyUSB0', baudRate: 2400 } })).toBe(
      '/dev/ttyUSB0 2400',
    )
    expect(whereText({ url: 'opc.tcp://plc' })).toBe('opc.tcp://plc')
  })
})
