import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Quality, type CommandBody } from '@courtyard/protocols/contract'
import { DeviceProfile, loadProfiles } from '@courtyard/protocols/profile'
import { BuildingDeviceProcess } from '../../testing/building-device.ts'
import { testDriverContext } from '../../testing/driver-context.ts'
import { describeDriverContract } from '../../testing/driver-contract.ts'
import type { DriverDevice, PollOutcome } from '../driver.ts'
import { snmpDriver } from './index.ts'
import { SnmpAddress, SnmpBusConfig } from './snmp.config.ts'

const profiles = loadProfiles()
const snmpProfiles = [...profiles.values()].filter(({ driver }) => driver === 'snmp')
const community = 'rivendell'
const access = { version: 'v2c', community }
const busOf = (more: object = {}) => SnmpBusConfig.parse({ access, timeoutMs: 300, retries: 0, ...more })

type Device = DriverDevice<SnmpAddress>
const device = (key: string, profile: DeviceProfile, port: number, more: object = {}): Device => ({
  key,
  profile,
  address: SnmpAddress.parse({ host: '127.0.0.1', port, ...more }),
})

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})
function create(devices: readonly Device[], bus: object = {}) {
  const driver = snmpDriver.create(testDriverContext(busOf(bus)), devices)
  stops.push(() => driver.stop())
  return driver
}
async function startAgent(variables: readonly object[], more: object = {}): Promise<BuildingDeviceProcess> {
  const agent = await BuildingDeviceProcess.start({ protocol: 'snmp', community, variables, ...more })
  stops.push(() => agent.stop())
  return agent
}

/** An agent with every variable of the profile; the value is its place in the list, or inside the range. */
function variablesOf({ points }: DeviceProfile, index = '7') {
  return points.map(({ snmp, range }, i) => ({
    oid: snmp!.oid.replace('{index}', index),
    syntax: 'integer',
    value: String(range && (i < Number(range[0]) || i > Number(range[1])) ? Math.ceil(Number(range[0])) : i),
  }))
}

describe('profiles against an agent made from the same file', () => {
  test.each(snmpProfiles.map((profile) => [profile.id, profile] as const))('%s', async (_, profile) => {
    const agent = await startAgent(variablesOf(profile))
    const driver = create([device('unit', profile, agent.port, { index: '7' })])
    for (const group of Object.keys(profile.groups)) {
      const { readings, failure, message } = await driver.poll('unit', group)
      expect({ failure, message }).toEqual({ failure: null, message: null })
      for (const { point, mantissa, scale, quality } of readings) {
        expect([point, quality]).toEqual([point, Quality.good])
        const { snmp } = profile.points.find(({ key }) => point === `unit/${key}`)!
        const raw = Number(await agent.valueOf(snmp!.oid.replace('{index}', '7')))
        expect(mantissa! / 10 ** scale).toBeCloseTo(raw * Number(snmp!.factor), 9)
      }
    }
  })
})

describe('a register of 32 bits', () => {
  const base = profiles.get('snmp-switch-port')!
  const sysUpTime = '1.3.6.1.2.1.1.3.0'
  const errorsIn = '1.3.6.1.2.1.2.2.1.14.7'
  const variables = (value: string, uptime: string) => [
    ...variablesOf(base).filter(({ oid }) => oid !== errorsIn),
    { oid: errorsIn, syntax: 'counter32', value },
    { oid: sysUpTime, syntax: 'timeTicks', value: uptime },
  ]
  let uptimeAtMs = 0
  /** Reads `errorsIn`, with the agent's uptime as it would be when it ran since it was set. */
  async function read(
    agent: BuildingDeviceProcess,
    poll: () => Promise<PollOutcome>,
  ): Promise<number | null> {
    await agent.setValue(sysUpTime, String(Math.round((Date.now() - uptimeAtMs) / 10)))
    const outcome = await poll()
    expect(outcome).toMatchObject({ failure: null, message: null })
    return outcome.readings.find(({ point }) => point === 'u/errorsIn')!.mantissa
  }

  test.each(['v1', 'v2c'])('over %s: goes on behind its wrap, also after a restart of the gateway, and begins anew with the agent', async (version) => {
    uptimeAtMs = Date.now() - 3_600_000
    const agent = await startAgent(variables('4294967290', '0'))
    const bus = SnmpBusConfig.parse({ access: { version, community }, timeoutMs: 300, retries: 0 })
    let kept: string | null = null
    const start = () => {
      const context = testDriverContext(bus, { checkpoint: () => kept })
      const driver = snmpDriver.create(context, [device('u', base, agent.port, { index: '7' })])
      stops.push(() => driver.stop())
      return async () => {
        const outcome = await driver.poll('u', 'fast')
        kept = outcome.checkpoint ?? kept
        return outcome
      }
    }
    const first = start()
    expect(await read(agent, first)).toBe(4_294_967_290)
    await agent.setValue(errorsIn, '4')
    expect(await read(agent, first)).toBe(4_294_967_300)
    const second = start()
    await agent.setValue(errorsIn, '10')
    expect(await read(agent, second)).toBe(4_294_967_306)
    // Switched off and on
    uptimeAtMs = Date.now() - 500
    await agent.setValue(errorsIn, '1')
    expect(await read(agent, second)).toBe(1)
    await agent.setValue(errorsIn, '3')
    expect(await read(agent, second)).toBe(3)
  }) // prettier-ignore
})

describe('contract', () => {
  const ups = profiles.get('snmp-ups-rfc1628')!
  let agents: BuildingDeviceProcess[]
  beforeAll(async () => {
    const start = () =>
      BuildingDeviceProcess.start({ protocol: 'snmp', community, variables: variablesOf(ups) })
    agents = [await start(), await start()]
  })
  afterAll(async () => {
    for (const agent of agents) await agent.stop()
  })
  const unset = { version: 'v2c' }
  describeDriverContract('snmp v2c', {
    definition: snmpDriver,
    transport: 'datagram',
    bus: () => busOf(),
    busAt: () => busOf(),
    devices: (port) => [
      device('a', ups, port ?? agents[0]?.port ?? 161),
      device('b', ups, agents[1]?.port ?? 162),
    ],
    group: 'fast',
    setFault: (key, fault) => agents[key === 'a' ? 0 : 1]!.setFault(fault),
    badBuses: [
      {},
      { access: unset },
      { access: { version: 'v3', user: 'x', authProtocol: 'sha', authKey: 'short' } },
      { access: { version: 'v3', user: 'x', privProtocol: 'aes', privKey: 'long enough' } },
      { access: { version: 'v3', user: 'x', authProtocol: 'sha' } },
      { access, timeoutMs: 0 },
      { access, scan: ['10.0.0.0/8'] },
    ],
    badAddresses: [
      {},
      { host: '' },
      { host: 'x', port: 0 },
      { host: 'x', index: 3 },
      { host: 'x', index: 'a' },
    ],
  })
})

const point = (key: string, oid: string, more: object = {}) => ({
  ...{ key, label: { zh: key, en: key }, kind: 'gauge', code: '', unit: '', scale: 0, group: 'fast' },
  ...more,
  snmp: { oid, ...('snmp' in more ? (more.snmp as object) : {}) },
})
const profileOf = (points: readonly object[], more: object = {}): DeviceProfile =>
  DeviceProfile.parse({
    ...{ id: 'test', manufacturer: 'x', model: 'x', label: { zh: 'x', en: 'x' }, medium: 'equipment' },
    ...{ driver: 'snmp', sources: ['test'], snmp: {}, groups: { fast: { intervalMs: 1000 } }, points },
    ...more,
  })

const BASE = '1.3.6.1.4.1.99999.1'
const mantissas = (outcome: { readings: readonly { point: string; mantissa: number | null; quality: number }[] }) =>
  Object.fromEntries(outcome.readings.map(({ point: name, mantissa, quality }) => [name.split('/')[1]!, mantissa ?? `q${quality}`] as const)) // prettier-ignore

describe('values', () => {
  test('every syntax that can be a number, exact', async () => {
    const agent = await startAgent([
      { oid: `${BASE}.1`, syntax: 'counter64', value: '9007199254740991' },
      { oid: `${BASE}.2`, syntax: 'counter64', value: '18446744073709551615' },
      { oid: `${BASE}.3`, syntax: 'counter32', value: '4294967295' },
      { oid: `${BASE}.4`, syntax: 'gauge32', value: '4294967295' },
      { oid: `${BASE}.5`, syntax: 'integer', value: '-2147483648' },
      { oid: `${BASE}.6`, syntax: 'octetString', value: ' 23.45\u0000' },
      { oid: `${BASE}.7`, syntax: 'opaque', value: '9f780441bb999a' },
      { oid: `${BASE}.8`, syntax: 'octetString', value: 'n/a' },
      { oid: `${BASE}.9`, syntax: 'timeTicks', value: '360001' },
      { oid: `${BASE}.10`, syntax: 'integer', value: '-1' },
    ])
    const driver = create([
      device(
        'u',
        profileOf([
          point('c64', `${BASE}.1`),
          point('tooLarge', `${BASE}.2`),
          point('c32', `${BASE}.3`),
          point('g32', `${BASE}.4`),
          point('int', `${BASE}.5`),
          point('text', `${BASE}.6`, { scale: 2 }),
          point('float', `${BASE}.7`, { scale: 2 }),
          point('noNumber', `${BASE}.8`),
          point('ticks', `${BASE}.9`, { scale: 2, snmp: { factor: '0.01' } }),
          point('sentinel', `${BASE}.10`, { snmp: { invalid: [-1] } }),
          point('noObject', '1.3.6.1.4.1.88888.1.0'),
          point('noRow', `${BASE}.77`, { optional: true }),
        ]),
        agent.port,
      ),
    ])
    const outcome = await driver.poll('u', 'fast')
    expect(outcome.failure).toBeNull()
    expect(mantissas(outcome)).toEqual({
      c64: 9007199254740991,
      tooLarge: 'q2',
      c32: 4294967295,
      g32: 4294967295,
      int: -2147483648,
      text: 2345,
      float: 2345,
      noNumber: 'q2',
      ticks: 360001,
      sentinel: 'q2',
      noObject: 'q4',
      noRow: 'q4',
    })
    expect(outcome.message).toMatch(/noNumber: "n\/a" is no number/)
  })

  test('a table without row in the address is told, the rest is read', async () => {
    const agent = await startAgent([{ oid: `${BASE}.1`, syntax: 'integer', value: '5' }])
    const rows = profileOf([point('one', `${BASE}.1`), point('row', `${BASE}.2.{index}`)])
    const outcome = await create([device('u', rows, agent.port)]).poll('u', 'fast')
    expect(mantissas(outcome)).toEqual({ one: 5, row: 'q4' })
    expect(outcome.message).toMatch(/needs `index`/)
  })
})

describe('how much fits', () => {
  const many = profileOf(
    Array.from({ length: 24 }, (_, i) => point(`p${i}`, `${BASE}.${i + 1}`)),
    {
      snmp: { maxVarbinds: 24 },
    },
  )
  const variables = Array.from({ length: 24 }, (_, i) => ({ oid: `${BASE}.${i + 1}`, syntax: 'integer', value: String(i) })) // prettier-ignore

  test.each(['v1', 'v2c'])('tooBig makes smaller requests, once for all (%s)', async (version) => {
    const agent = await startAgent(variables, { maxBytes: 200 })
    const driver = create([device('u', many, agent.port, { access: { version, community } })])
    const first = await driver.poll('u', 'fast')
    expect(Object.values(mantissas(first))).toEqual(variables.map((_, i) => i))
    const second = await driver.poll('u', 'fast')
    expect(Object.values(mantissas(second))).toEqual(variables.map((_, i) => i))
    expect(second.requests).toBeLessThan(first.requests)
  })

  test('version 1: what is not there costs its own value only, and is not asked for each time', async () => {
    const agent = await startAgent(variables.filter((_, i) => i !== 3 && i !== 11))
    const driver = create([device('u', many, agent.port, { access: { version: 'v1', community } })])
    const first = await driver.poll('u', 'fast')
    expect(first).toMatchObject({ failure: null, requests: 3 })
    expect(mantissas(first)).toMatchObject({ p3: 'q4', p11: 'q4', p2: 2, p23: 23 })
    const second = await driver.poll('u', 'fast')
    expect(second.requests).toBe(1)
    expect(mantissas(second)).toEqual(mantissas(first))
  })
})

test('a lost datagram is asked for again, a wrong community is silence', async () => {
  const agent = await startAgent([{ oid: `${BASE}.1`, syntax: 'integer', value: '5' }])
  const profile = profileOf([point('one', `${BASE}.1`)])
  const driver = create(
    [device('u', profile, agent.port), device('x', profile, agent.port, { access: { version: 'v2c', community: 'wrong' } })],
    { retries: 1 },
  ) // prettier-ignore
  await agent.setFault('silent')
  const poll = driver.poll('u', 'fast')
  setTimeout(() => void agent.setFault(null), 150)
  expect(mantissas(await poll)).toEqual({ one: 5 })
  expect((await driver.poll('x', 'fast')).failure?.quality).toBe(Quality.timeout)
})

describe('commands', () => {
  const settable = profileOf([point('mode', `${BASE}.1`), point('limit', `${BASE}.2`, { scale: 1 })], {
    commands: [
      { key: 'out', kind: 'relay', label: { zh: 'x', en: 'x' }, snmp: { oid: `${BASE}.1`, values: { open: 2, close: 1 } } },
      { key: 'limit', kind: 'setpoint', label: { zh: 'x', en: 'x' }, scale: 1, snmp: { oid: `${BASE}.2`, syntax: 'gauge', factor: '0.1' } },
      { key: 'locked', kind: 'relay', label: { zh: 'x', en: 'x' }, snmp: { oid: `${BASE}.3`, values: { open: 0, close: 1 } } },
    ],
  }) // prettier-ignore
  const variables = [
    { oid: `${BASE}.1`, syntax: 'integer', value: '1', isWritable: true },
    { oid: `${BASE}.2`, syntax: 'gauge32', value: '10', isWritable: true },
    { oid: `${BASE}.3`, syntax: 'integer', value: '1' },
    { oid: `${BASE}.4`, syntax: 'octetString', value: 'cellar', isWritable: true },
  ]
  const run = (agent: BuildingDeviceProcess, target: string, body: CommandBody, version = 'v2c') =>
    create([device('u', settable, agent.port, { access: { version, community } })]).execute!('u', {
      target,
      body,
    })

  test.each(['v1', 'v2c'])('are set once and read back (%s)', async (version) => {
    const agent = await startAgent(variables)
    expect(await run(agent, 'out', { kind: 'relay', action: 'open' }, version)).toMatchObject({ result: 'confirmed' })
    expect(await agent.valueOf(`${BASE}.1`)).toBe('2')
    expect(await run(agent, 'limit', { kind: 'setpoint', value: '21.5' }, version)).toMatchObject({ result: 'confirmed' })
    expect(await agent.valueOf(`${BASE}.2`)).toBe('215')
    const text = { oid: `${BASE}.4`, syntax: 'text', value: 'roof' }
    expect(await run(agent, '', { kind: 'write', data: text }, version)).toMatchObject({ result: 'confirmed' })
    expect((await agent.log()).sets).toEqual([`${BASE}.1=2`, `${BASE}.2=215`, `${BASE}.4=roof`])
  }) // prettier-ignore

  test('what is refused has certainly failed; what cannot be said is not sent', async () => {
    const agent = await startAgent(variables)
    expect(await run(agent, 'locked', { kind: 'relay', action: 'open' })).toMatchObject({ result: 'failed', uncertain: false, message: expect.stringMatching(/NotWritable/) }) // prettier-ignore
    expect(await run(agent, 'limit', { kind: 'setpoint', value: '21.55' })).toMatchObject({ result: 'failed', uncertain: false }) // prettier-ignore
    expect(await run(agent, 'limit', { kind: 'setpoint', value: '-1' })).toMatchObject({ result: 'failed' })
    expect(await run(agent, 'nothing', { kind: 'relay', action: 'open' })).toMatchObject({ result: 'failed' })
    expect((await agent.log()).sets).toEqual([])
  })

  test('silence leaves it open, and is not repeated', async () => {
    const agent = await startAgent(variables)
    await agent.setFault('silent')
    expect(await run(agent, 'out', { kind: 'relay', action: 'open' })).toMatchObject({ result: 'failed', uncertain: true }) // prettier-ignore
    expect((await agent.log()).requests).toBe(1)
    await agent.setFault(null)
    const driver = create([device('u', settable, agent.port)])
    const command = { target: 'out', body: { kind: 'relay', action: 'open' } } as const
    expect(await driver.confirm!('u', command)).toMatchObject({ result: 'failed', uncertain: false })
    await agent.setValue(`${BASE}.1`, '2')
    expect(await driver.confirm!('u', command)).toMatchObject({ result: 'confirmed' })
  })

  test('a device that takes the order and does not obey is acknowledged only', async () => {
    const agent = await startAgent(variables, { isStubborn: true })
    expect(await run(agent, 'out', { kind: 'relay', action: 'open' })).toMatchObject({ result: 'acknowledged', message: expect.stringMatching(/shows 1/) }) // prettier-ignore
  }, 10_000)
})
