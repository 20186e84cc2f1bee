/** Against Net-SNMP, which we did not write: its agent is read, its snmptrap is heard. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createSocket } from 'node:dgram'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import snmp from 'net-snmp'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Quality, type AlarmEvent } from '@courtyard/protocols/contract'
import { loadProfiles } from '@courtyard/protocols/profile'
import { testDriverContext, type TestContext } from '../../testing/driver-context.ts'
import { systemClock } from '../../clock.ts'
import type { DriverContext, FoundDevice } from '../driver.ts'
import { snmpDriver } from './index.ts'
import { SnmpAddress, SnmpBusConfig } from './snmp.config.ts'
import { hostsOf } from './snmp.scan.ts'
import { SnmpSession } from './snmp.session.ts'

const profiles = loadProfiles()
const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/usr/bin`, MIBS: '' }
const isInstalled = ['snmpd', 'snmptrap'].every(
  (program) => spawnSync(program, ['-h'], { env }).error === undefined,
)
const community = 'rivendell'
const v2c = { version: 'v2c', community }
const signed = { version: 'v3', user: 'reader', authProtocol: 'sha', authKey: 'first passphrase' }
const sealed = { ...signed, user: 'writer', privProtocol: 'aes', privKey: 'second passphrase' }

/** ifInErrors of a port that this machine does not have. */
const COUNTER = '1.3.6.1.2.1.2.2.1.14'

async function freePort(): Promise<number> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  const { port } = socket.address()
  await new Promise<void>((resolve) => socket.close(resolve))
  return port
}

// In CI its absence is a fault of the machine and has to show.
describe.skipIf(!isInstalled && !process.env['CI'])('Net-SNMP', () => {
  const folder = mkdtempSync(join(tmpdir(), 'courtyard-snmpd-'))
  let snmpd: ChildProcess
  let port: number

  beforeAll(async () => {
    port = await freePort()
    const config = [
      `rocommunity ${community} 127.0.0.1`,
      `rwcommunity moria 127.0.0.1`,
      'sysDescr the boiler room',
      `override -rw ${COUNTER}.7 counter 4294967290`,
      'createUser reader SHA "first passphrase"',
      'createUser writer SHA "first passphrase" AES "second passphrase"',
      'rouser reader auth',
      'rwuser writer priv',
    ]
    writeFileSync(join(folder, 'snmpd.conf'), config.join('\n'))
    const files = ['-C', '-c', join(folder, 'snmpd.conf'), '-p', join(folder, 'pid')]
    snmpd = spawn('snmpd', ['-f', '-Lo', ...files, `udp:127.0.0.1:${port}`], {
      env: { ...env, SNMP_PERSISTENT_DIR: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
for (let tries = 0; (await read(v2c, 'snmp-host-resources')).failure && tries < 15; tries++);
  }, 25_000) // prettier-ignore
  afterAll(async () => {
    const ended = once(snmpd, 'exit')
    snmpd.kill('SIGTERM')
    await ended
    rmSync(folder, { recursive: true, force: true })
  })

  const stops: (() => unknown)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop()
  })
  function driverWith(access: object, profile: string, index?: string) {
    const bus = SnmpBusConfig.parse({ access, timeoutMs: 1_000 })
    const address = SnmpAddress.parse({ host: 'localhost', port, index })
    const driver = snmpDriver.create(testDriverContext(bus), [
      { key: 'u', address, profile: profiles.get(profile)! },
    ])
    stops.push(() => driver.stop())
    return driver
  }
  const read = (access: object, profile: string, index?: string) =>
    driverWith(access, profile, index).poll('u', 'fast')
  const valueOf = (outcome: Awaited<ReturnType<typeof read>>, key: string) =>
    outcome.readings.find(({ point }) => point === `u/${key}`)

  test.each([
    ['v1', { version: 'v1', community }],
    ['v2c', v2c],
    ['v3 signed', signed],
    ['v3 signed and encrypted', sealed],
  ])('host resources over %s', async (_, access) => {
    const outcome = await read(access, 'snmp-host-resources', '1')
    expect(outcome.failure).toBeNull()
    expect(valueOf(outcome, 'uptime')?.mantissa).toBeGreaterThan(0)
    const total = Number(/MemTotal:\s+(\d+)/.exec(spawnSync('cat', ['/proc/meminfo']).stdout.toString())![1])
    expect(valueOf(outcome, 'memorySize')).toMatchObject({ mantissa: total, quality: Quality.good })
    expect(valueOf(outcome, 'processes')?.mantissa).toBeGreaterThan(0)
  })

  test('a Counter32 goes on behind its wrap', async () => {
    const driver = driverWith(v2c, 'snmp-switch-port', '7')
    const errors = async () => valueOf(await driver.poll('u', 'fast'), 'errorsIn')
    expect(await errors()).toMatchObject({ mantissa: 4_294_967_290, quality: Quality.good })
    // The library's, since snmpset sets no counters
    const clock = systemClock
    const address = { host: '127.0.0.1', port }
    const access = { version: 'v2c', community: 'moria' } as const
    const writer = new SnmpSession({ address, access, timeoutMs: 1_000, retries: 0, clock })
    stops.push(() => writer.stop())
    await writer.set({ oid: `${COUNTER}.7`, type: snmp.ObjectType.Counter!, value: 4 })
    expect(await errors()).toMatchObject({ mantissa: 4_294_967_300, quality: Quality.good })
  })

  test('octets of the loopback interface agree with the kernel', async () => {
    const index = spawnSync('cat', ['/sys/class/net/lo/ifindex']).stdout.toString().trim()
    expect(Object.keys(networkInterfaces())).toContain('lo')
    const kernel = () => Number(spawnSync('cat', ['/sys/class/net/lo/statistics/rx_bytes']).stdout.toString())
    const before = kernel()
    const outcome = await read(v2c, 'snmp-switch-port', index)
    expect(outcome.failure).toBeNull()
    expect(valueOf(outcome, 'operStatus')?.mantissa).toBe(1)
    const octets = valueOf(outcome, 'octetsIn')!.mantissa!
    // Net-SNMP keeps what it has read of the kernel for some seconds.
    expect(octets).toBeLessThanOrEqual(kernel())
    expect(octets).toBeGreaterThan(before * 0.5)
  })

  test.each([
    ['another passphrase', { ...sealed, authKey: 'some other phrase' }],
    ['another encryption passphrase', { ...sealed, privKey: 'some other phrase' }],
    ['an unknown user', { ...sealed, user: 'nobody' }],
    ['another community', { version: 'v2c', community: 'isengard' }],
  ])('%s gives no readings and no crash', async (_, access) => {
    const outcome = await read(access, 'snmp-host-resources')
    expect(outcome.failure).not.toBeNull()
    for (const { mantissa } of outcome.readings) expect(mantissa).toBeNull()
  })

  test('a variable is set over v3 and read back; a reader may not', async () => {
    const set = (access: object) => driverWith(access, 'snmp-host-resources').execute!('u', {
      target: 'write',
      body: { kind: 'write', data: { oid: '1.3.6.1.2.1.1.4.0', syntax: 'text', value: 'the caretaker' } },
    }) // prettier-ignore
    expect(await set(sealed)).toMatchObject({ result: 'confirmed' })
    expect(await set(signed)).toMatchObject({ result: 'failed', uncertain: false })
  })

  test('scan tells what is there', async () => {
    const bus = SnmpBusConfig.parse({ access: v2c, scan: ['127.0.0.1'], scanPort: port, timeoutMs: 500 })
    const found: FoundDevice[] = []
    await snmpDriver.scan!(testDriverContext(bus), (one) => found.push(one), new AbortController().signal)
    expect(found).toEqual([
      {
        address: { host: '127.0.0.1', port },
        text: expect.stringContaining('the boiler room') as string,
        profile: 'snmp-host-resources',
      },
    ])
    expect(hostsOf(['10.1.2.77/30', '10.0.0.0/24', '10.0.0.9'])).toHaveLength(2 + 254)
  })

  describe('notifications', () => {
    async function listen(change: Partial<DriverContext<SnmpBusConfig>> = {}) {
      const traps = { host: '127.0.0.1', port: await freePort() }
      const bus = SnmpBusConfig.parse({ access: v2c, traps })
      const context = testDriverContext(bus, change)
      const device = (key: string, profile: string, more: object = {}) => ({
        key,
        address: SnmpAddress.parse({ host: '127.0.0.1', ...more }),
        profile: profiles.get(profile)!,
      })
      const driver = snmpDriver.create(context, [
        device('port3', 'snmp-switch-port', { index: '3', access: sealed }),
        device('port4', 'snmp-switch-port', { index: '4' }),
        device('ups', 'snmp-ups-rfc1628'),
        device('elsewhere', 'snmp-ups-rfc1628', { host: '127.0.0.9' }),
      ])
      await driver.start!()
      stops.push(() => driver.stop())
      return { context, target: `127.0.0.1:${traps.port}` }
    }
    const events = (context: TestContext<unknown>) =>
      context.emissions.flatMap((emission) => emission.events ?? []) as AlarmEvent[]
    const send = (args: readonly string[]) =>
      new Promise<number | null>((resolve, reject) => {
        const child = spawn('snmptrap', args, { env: { ...env, SNMP_PERSISTENT_DIR: folder } })
        child.on('exit', resolve)
        child.on('error', reject)
      })
    const linkDown = (index: string) => ['1.3.6.1.6.3.1.1.5.3', `1.3.6.1.2.1.2.2.1.1.${index}`, 'i', index]

    test('a trap of version 2 is an alarm of the device that it is about; the same again is the same', async () => {
      const { context, target } = await listen()
      const trap = ['-v2c', '-c', community, target, '4711', ...linkDown('3')]
      await send(trap)
      await send(trap)
      await send(['-v2c', '-c', community, target, '4800', '1.3.6.1.6.3.1.1.5.4', '1.3.6.1.2.1.2.2.1.1.3', 'i', '3'])
      await expect.poll(() => events(context).length).toBe(3)
      const [first, second, third] = events(context)
      expect(first).toMatchObject({ device: 'port3', code: 'linkDown.3', state: 'raised', severity: 'warning' })
      expect(second!.id).toBe(first!.id)
      expect(third).toMatchObject({ code: 'linkDown.3', state: 'cleared' })
      expect(third!.id).not.toBe(first!.id)
    }) // prettier-ignore

    test('two ports that fall at once are two events; another community is not heard', async () => {
      const { context, target } = await listen()
      await send(['-v2c', '-c', 'isengard', target, '100', ...linkDown('3')])
      await send(['-v2c', '-c', community, target, '100', ...linkDown('3')])
      await send(['-v2c', '-c', community, target, '100', ...linkDown('4')])
      await expect.poll(() => events(context).map(({ device }) => device)).toEqual(['port3', 'port4'])
    })

    test('version 1, of a kind of its enterprise: an alarm of the UPS with its number', async () => {
      const { context, target } = await listen()
      const alarm = ['1.3.6.1.2.1.33.1.6.2.1.2.17', 'o', '1.3.6.1.2.1.33.1.6.3.2']
      await send([
        '-v1',
        '-c',
        community,
        target,
        '1.3.6.1.2.1.33.2',
        '127.0.0.1',
        '6',
        '3',
        '12345',
        ...alarm,
      ])
      await send([
        '-v1',
        '-c',
        community,
        target,
        '1.3.6.1.2.1.33.2',
        '127.0.0.1',
        '6',
        '4',
        '12399',
        ...alarm,
      ])
      await expect.poll(() => events(context).length).toBe(2)
      expect(events(context)).toMatchObject([
        { device: 'ups', code: 'upsAlarm.2', state: 'raised', severity: 'critical' },
        { device: 'ups', code: 'upsAlarm.2', state: 'cleared' },
      ])
    })

    test('version 3, signed and encrypted', async () => {
      const { context, target } = await listen()
      const user = ['-v3', '-e', '0x8000000001020304', '-u', 'writer', '-l', 'authPriv', '-a', 'SHA', '-A', sealed.authKey, '-x', 'AES', '-X', sealed.privKey] // prettier-ignore
      await send([...user, target, '4711', ...linkDown('3')])
      await expect.poll(() => events(context).length).toBe(1)
    })

    test('an inform is acknowledged only when its event is stored', async () => {
      const stored: unknown[] = []
      let isFull = true
      const { target } = await listen({
        offer: (emission) => {
          if (isFull) return Promise.reject(new Error('the disk is full'))
          stored.push(emission)
          return Promise.resolve()
        },
      })
      const inform = [
        '-Ci',
        '-r',
        '1',
        '-t',
        '0.3',
        '-v2c',
        '-c',
        community,
        target,
        '4711',
        ...linkDown('3'),
      ]
      expect(await send(inform)).not.toBe(0)
      isFull = false
      expect(await send(inform)).toBe(0)
      expect(stored).toHaveLength(1)
    })
  })
})
