import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Quality, type Reading } from '@courtyard/protocols/contract'
import { describeDriverContract } from '../../testing/driver-contract.ts'
import { testDriverContext, type TestContext } from '../../testing/driver-context.ts'
import type { FoundDevice } from '../driver.ts'
import { opcuaDriver } from './index.ts'
import { OpcuaBusConfig, type OpcuaAddress } from './opcua.config.ts'
import type { OpcuaDriver } from './opcua.driver.ts'
import { chillerProfile, freePort, meterProfile, PlantSimulator, root } from './simulator-fixture.ts'

const plant = new PlantSimulator()
beforeAll(() => plant.start(), 60_000)
afterAll(() => plant.stop())

const busOf = (change: object = {}) =>
  OpcuaBusConfig.parse({ url: plant.url, securityMode: 'None', timeoutMs: 2_000, ...change })
const device = (key: string, address: OpcuaAddress = root(key), profile = meterProfile) => ({ key, address, profile }) // prettier-ignore
const meters = () => [device('Meter1'), device('Meter2')]
const chiller = () => device('Chiller', root('Chiller'), chillerProfile)

describeDriverContract('opcua', {
  // node-opcua closes its secure channel in steps of its own.
  closesWithinMs: 1_000,
  definition: opcuaDriver,
  bus: () => busOf({ timeoutMs: 300 }),
  busAt: (port) => busOf({ url: `opc.tcp://127.0.0.1:${port}`, timeoutMs: 300 }),
  devices: meters,
  group: 'fast',
  setFault: async (key, fault) => void (await plant.call('fault', key, fault)),
  badBuses: [{}, { url: 'http://x' }, { url: 'opc.tcp://x', securityMode: 'Strong' }, { url: 'opc.tcp://x', timeoutMs: 1 }, { url: 'opc.tcp://x', trustedServerSha256: 'ab' }],
  badAddresses: [{}, { root: 'Meter1' }, { root: 'ns=2;s=A', path: ['2:A'] }, { path: [] }, { path: ['Meter1'] }],
}) // prettier-ignore

describe('opcua driver', () => {
  // A value that was silent is not sampled again by node-opcua's server: it waits for the answer for ever
  beforeAll(async () => {
    await plant.kill()
    await plant.start()
  }, 60_000)
  const started: OpcuaDriver[] = []
  const open = (devices: ReturnType<typeof device>[], change: object = {}, folder?: string) => {
    const context = testDriverContext(busOf(change), folder === undefined ? {} : { folder })
    const driver = opcuaDriver.create(context, devices) as OpcuaDriver
    started.push(driver)
    return { driver, context }
  }
  const readings = (context: TestContext<unknown>, point: string): Reading[] =>
    context.emissions.flatMap((each) => each.readings ?? []).filter((reading) => reading.point === point)
  const last = (context: TestContext<unknown>, point: string) => readings(context, point).at(-1)

  afterEach(async () => {
    for (const driver of started.splice(0)) await driver.stop()
    for (const part of ['Meter1', 'Meter2', 'Chiller']) await plant.call('fault', part, null)
  })

  test('exact values of every form, by node id and by browse path', async () => {
    const { driver } = open([device('Meter2'), chiller()])
    const energy = await driver.poll('Meter2', 'energy')
    expect(energy.readings).toMatchObject([{ point: 'Meter2/energyImport', mantissa: 98_765, scale: 3 }])
    const { readings: all } = await driver.poll('Chiller', 'fast')
    const shown = Object.fromEntries(all.map(({ point, mantissa }) => [point.split('/')[1], mantissa]))
    expect(shown).toMatchObject({ supply: 71, running: 1, runHours: 0x20_0000_0005 })
  })

  test('a device by browse path from Objects', async () => {
    const path = ['nsu=urn:courtyard:simulator:plant;Plant', 'nsu=urn:courtyard:simulator:plant;Meter2']
    const { driver } = open([device('byPath', { path })])
    const { readings: all, failure } = await driver.poll('byPath', 'energy')
    expect(failure).toBeNull()
    expect(all[0]).toMatchObject({ mantissa: 98_765, quality: Quality.good })
  })

  test('a device that is not in the server is refused, and others are read', async () => {
    const { driver } = open([device('Nowhere'), device('Meter1')])
    const nowhere = await driver.poll('Nowhere', 'fast')
    expect(nowhere.readings.map(({ quality }) => quality)).toEqual(Array(3).fill(Quality.refused))
    expect((await driver.poll('Meter1', 'fast')).failure).toBeNull()
  })

  test('status codes become qualities', async () => {
    const { driver } = open(meters())
    await plant.call('fault', 'Meter1', 'uncertain')
    const doubtful = await driver.poll('Meter1', 'fast')
    expect(doubtful.failure).toBeNull()
    expect(doubtful.readings[0]).toMatchObject({ mantissa: 42_105, quality: Quality.uncertain })
    await plant.call('fault', 'Meter1', 'lost')
    const lost = await driver.poll('Meter1', 'fast')
    expect(lost.failure).toMatchObject({ quality: Quality.disconnected })
    expect(lost.message).toContain('BadNoCommunication')
  })

  test('one subscription per interval for all devices; changes arrive with their time; nothing is said twice', async () => {
    const before = await plant.counters()
    const { driver, context } = open([...meters(), chiller()])
    await driver.start()
    await expect.poll(() => last(context, 'Meter2/power'), { timeout: 5_000 }).toBeDefined()
    const after = await plant.counters()
    expect(after.subscriptions - before.subscriptions).toBe(1)
    expect(after.items - before.items).toBe(3 + 3 + 4)
    const changedMs = Date.now()
    await plant.call('set', 'Meter1.Power', 5000.5)
    await expect.poll(() => last(context, 'Meter1/power')?.mantissa, { timeout: 3_000 }).toBe(50_005)
    const reading = last(context, 'Meter1/power')!
    expect(reading.atMs).toBeGreaterThanOrEqual(changedMs - 50)
    expect(reading.atMs).toBeLessThanOrEqual(Date.now())
    const count = readings(context, 'Meter1/power').length
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(readings(context, 'Meter1/power')).toHaveLength(count)
    await plant.call('set', 'Meter1.Power', 4210.5)
  })

  test('registers are read at each interval, reported gauges only after a silence', async () => {
    const { driver, context } = open([device('Meter1')], { rereadIntervals: 3 })
    await driver.start()
    await expect.poll(() => last(context, 'Meter1/voltage'), { timeout: 5_000 }).toBeDefined()
    expect((await driver.poll('Meter1', 'energy')).readings).toHaveLength(1)
    await plant.call('set', 'Meter1.Voltage', 231.5)
    await expect.poll(() => last(context, 'Meter1/voltage')?.mantissa, { timeout: 3_000 }).toBe(2_315)
    const soon = await driver.poll('Meter1', 'fast')
    expect(soon.readings.map(({ point }) => point)).not.toContain('Meter1/voltage')
    await new Promise((resolve) => setTimeout(resolve, 700))
    const later = await driver.poll('Meter1', 'fast')
    expect(later.readings.map(({ point }) => point)).toContain('Meter1/voltage')
    expect((await driver.poll('Meter1', 'energy')).readings).toHaveLength(1)
  })

  test('connected but no changes: reading shows it, and the subscription is made anew', async () => {
    const { driver, context } = open([device('Meter2')], { rereadIntervals: 1 })
    await driver.start()
    await expect.poll(() => last(context, 'Meter2/power'), { timeout: 5_000 }).toBeDefined()
    const before = await plant.counters()
    await plant.call('mute')
    await plant.call('set', 'Meter2.Power', 777)
    await expect
      .poll(async () => {
        await driver.poll('Meter2', 'fast')
        return (await plant.counters()).subscriptions
      }, { timeout: 5_000, interval: 200 })
      .toBe(before.subscriptions + 1)
    await plant.call('set', 'Meter2.Power', 888)
    await expect.poll(() => last(context, 'Meter2/power')?.mantissa, { timeout: 3_000 }).toBe(8_880)
  })

  test('a server that is killed and started again: subscriptions come back, with nothing twice', async () => {
    const { driver, context } = open([device('Meter1')])
    await driver.start()
    await expect.poll(() => last(context, 'Meter1/power'), { timeout: 5_000 }).toBeDefined()
    await plant.kill()
    await expect.poll(async () => (await driver.poll('Meter1', 'energy')).failure?.quality, { timeout: 5_000 }).toBe(Quality.disconnected)
    expect(driver.connected).toBe(false)
    context.emissions.length = 0
    await plant.start()
    await expect.poll(() => last(context, 'Meter1/power'), { timeout: 10_000 }).toBeDefined()
    for (const value of [1, 2, 3]) {
      await plant.call('set', 'Meter1.Power', value)
      await expect.poll(() => last(context, 'Meter1/power')?.mantissa, { timeout: 3_000 }).toBe(value * 10)
    }
    expect(readings(context, 'Meter1/power').map(({ mantissa }) => mantissa)).toEqual([42_105, 10, 20, 30])
    expect((await driver.poll('Meter1', 'energy')).failure).toBeNull()
  }, 30_000)

  test('a cut connection is opened again by itself', async () => {
    const { driver, context } = open([device('Meter1')])
    await driver.start()
    await expect.poll(() => last(context, 'Meter1/status'), { timeout: 5_000 }).toBeDefined()
    await plant.call('cut')
    await plant.call('set', 'Meter1.Status', 9)
    await expect.poll(() => last(context, 'Meter1/status')?.mantissa, { timeout: 5_000 }).toBe(9)
  })

  describe('commands', () => {
    const setpoint = (value: string) => ({ target: 'setTemperature', body: { kind: 'setpoint' as const, value } })
    const relay = (action: 'open' | 'close') => ({ target: 'power', body: { kind: 'relay' as const, action } })
    const write = (nodeId: string, value: unknown) => ({ target: 'write', body: { kind: 'write' as const, data: { nodeId, value } } })

    test('a setpoint in the type of its variable, read back', async () => {
      const { driver } = open([chiller()])
      const outcome = await driver.execute('Chiller', setpoint('9.3'))
      expect(outcome).toMatchObject({ result: 'confirmed', uncertain: false })
      expect(outcome.readings).toMatchObject([{ point: 'Chiller/setpoint', mantissa: 93 }])
      expect(await plant.call('value', 'Chiller.Setpoint')).toBeCloseTo(9.3, 5)
      expect(await driver.confirm('Chiller', setpoint('9.3'))).toMatchObject({ result: 'confirmed' })
      expect(await driver.confirm('Chiller', setpoint('8'))).toMatchObject({ result: 'failed', uncertain: false })
    })

    test('a relay by its own variable', async () => {
      const { driver } = open([chiller()])
      expect(await driver.execute('Chiller', relay('open'))).toMatchObject({ result: 'confirmed' })
      expect(await plant.call('value', 'Chiller.Enable')).toBe(false)
      expect(await driver.execute('Chiller', relay('close'))).toMatchObject({ result: 'confirmed' })
    })

    test('a free write; what cannot be written fails and leaves nothing open', async () => {
      const { driver } = open([chiller()])
      const speed = 'nsu=urn:courtyard:simulator:plant;s=Ahu.FanSpeed'
      expect(await driver.execute('Chiller', write(speed, '55'))).toMatchObject({ result: 'confirmed' })
      const before = await plant.counters()
      for (const [nodeId, value, reason] of [
        [speed, '55.5', /whole number/],
        [speed, '70000', /range/],
        ['ns=1;s=Nothing', '1', /BadNodeIdUnknown/],
      ] as const)
        expect(await driver.execute('Chiller', write(nodeId, value))).toMatchObject({ result: 'failed', uncertain: false, message: expect.stringMatching(reason) as string })
      expect((await plant.counters()).writes).toBe(before.writes)
      const readOnly = 'nsu=urn:courtyard:simulator:plant;s=Chiller.Running'
      expect(await driver.execute('Chiller', write(readOnly, '0'))).toMatchObject({ result: 'failed', uncertain: false })
    })
  })

  test('finds what looks like a device', async () => {
    const found: FoundDevice[] = []
    await opcuaDriver.scan!(testDriverContext(busOf()), (each) => found.push(each), new AbortController().signal)
    const texts = found.map(({ text }) => text)
    expect(texts.find((text) => text.includes('Meter1:'))).toContain('Power')
    expect(found.find(({ text }) => text.includes('Ahu'))?.address).toMatchObject({ root: expect.stringContaining('s=Ahu') as string })
  })
}) // prettier-ignore

describe('security', () => {
  const secured = new PlantSimulator()
  beforeAll(() => secured.start({ users: { engineer: 'correct horse' } }), 60_000)
  afterAll(() => secured.stop())
  const login = { user: 'engineer', password: 'correct horse' }
  const poll = async (change: object, folder?: string) => {
    const bus = OpcuaBusConfig.parse({ url: secured.url, timeoutMs: 5_000, ...change })
    const context = testDriverContext(bus, folder === undefined ? {} : { folder })
    const driver = opcuaDriver.create(context, [device('Meter1')])
    const outcome = await driver.poll('Meter1', 'energy')
    await driver.stop()
    return { outcome, folder: context.folder }
  }

  test.each([
    ['Sign', 'Basic256Sha256'],
    ['SignAndEncrypt', 'Basic256Sha256'],
    ['SignAndEncrypt', 'Aes256_Sha256_RsaPss'],
  ])(
    '%s with %s and a password; the certificate seen first is kept',
    async (securityMode, securityPolicy) => {
      const { outcome, folder } = await poll({ securityMode, securityPolicy, ...login })
      expect(outcome).toMatchObject({ failure: null, readings: [{ mantissa: 1_234_500 }] })
      expect(readFileSync(join(folder, 'server.sha256'), 'utf8').trim()).toBe(secured.thumbprint)
      // Another server in its place is not talked to, whoever it is.
      writeFileSync(join(folder, 'server.sha256'), `${'0'.repeat(64)}\n`)
      const again = await poll({ securityMode, securityPolicy, ...login }, folder)
      expect(again.outcome.failure?.quality).toBe(Quality.disconnected)
      expect(again.outcome.message).toMatch(/another certificate.*server\.sha256/)
    },
  )

  test('a configured thumbprint decides', async () => {
    const right = await poll({ trustedServerSha256: secured.thumbprint, ...login })
    expect(right.outcome.failure).toBeNull()
    const wrong = await poll({ trustedServerSha256: 'ab'.repeat(32), ...login })
    expect(wrong.outcome.message).toMatch(/another certificate/)
  })

  test('a wrong password, no password, and a password in clear', async () => {
    const before = await secured.counters()
    expect((await poll({ ...login, password: 'x' })).outcome.failure?.quality).toBe(Quality.disconnected)
    expect((await poll({})).outcome.failure?.quality).toBe(Quality.disconnected)
    const sessions = (await secured.counters()).sessions
    expect(sessions).toBeGreaterThan(before.sessions)
    const clear = await poll({ securityMode: 'None', ...login })
    expect(clear.outcome.message).toMatch(/does not protect the password/)
    // Not even tried.
    expect((await secured.counters()).sessions).toBe(sessions)
    expect((await poll({ securityMode: 'None', passwordInClear: true, ...login })).outcome.failure).toBeNull()
  })
})

describe('a small server', () => {
  const small = new PlantSimulator()
  afterEach(() => small.stop())

  test('its limits for one request are kept', async () => {
    await small.start({ maxNodesPerRead: 2, maxMonitoredItemsPerCall: 2 })
    const context = testDriverContext(OpcuaBusConfig.parse({ url: small.url, securityMode: 'None' }))
    const driver = opcuaDriver.create(context, meters())
    expect((await driver.poll('Meter1', 'fast')).readings.map(({ quality }) => quality)).toEqual([0, 0, 0])
    await driver.stop()
    const subscribed = opcuaDriver.create(context, meters())
    await subscribed.start!()
    const told = () => new Set(context.emissions.flatMap((each) => (each.readings ?? []).map(({ point }) => point)))
    await expect.poll(() => told().size, { timeout: 5_000 }).toBe(6)
    await subscribed.stop()
  }, 60_000)

  test('one that refuses subscriptions is read', async () => {
    await small.start({ refuseSubscriptions: true })
    const context = testDriverContext(OpcuaBusConfig.parse({ url: small.url, securityMode: 'None' }))
    const driver = opcuaDriver.create(context, meters())
    await driver.start!()
    for (let round = 0; round < 2; round++)
      expect((await driver.poll('Meter1', 'fast')).readings).toHaveLength(3)
    expect(await small.counters()).toMatchObject({ subscriptions: 1, items: 0 })
    expect(context.emissions).toEqual([])
    await driver.stop()
  }, 60_000)
}) // prettier-ignore

test('nobody there: a scan says so', async () => {
  const url = `opc.tcp://127.0.0.1:${await freePort()}`
  const context = testDriverContext(busOf({ url }))
  await expect(opcuaDriver.scan!(context, () => {}, new AbortController().signal)).rejects.toMatchObject({ code: 'edge.bus_disconnected' }) // prettier-ignore
})
