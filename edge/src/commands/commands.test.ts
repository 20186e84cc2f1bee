import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import * as z from 'zod'
import type { CommandBody, CommandMessage, CommandReport, Reading } from '@courtyard/protocols/contract'
import { DeviceProfile, loadProfiles } from '@courtyard/protocols/profile'
import type { SiteConfig } from '../config/index.ts'
import type {
  BusDriver,
  CommandOutcome,
  DeviceCommand,
  DriverDefinition,
  Emission,
} from '../drivers/driver.ts'
import { silentLogger } from '../log.ts'
import { Outbox } from '../outbox/index.ts'
import { FakeClock } from '../testing/fake-clock.ts'
import { CommandJournal } from './command-journal.ts'
import { Commands, type CommandBus } from './commands.ts'

const base = loadProfiles().get('eastron-sdm630')!
const profile = DeviceProfile.parse({
  ...base,
  commands: [
    { key: 'relay', kind: 'relay', label: { zh: '继电器', en: 'Relay' }, modbus: { function: 5, address: 1, values: { open: 1, close: 0 } } },
    { key: 'door1', kind: 'door', label: { zh: '门', en: 'Door' }, modbus: { function: 5, address: 2, values: { open: 1 } } },
    { key: 'heat', kind: 'setpoint', label: { zh: '温度', en: 'Temperature' }, unit: '°C', scale: 1, range: ['5', '30.5'] },
    { key: 'time', kind: 'clock', label: { zh: '对时', en: 'Clock' } },
  ],
}) // prettier-ignore
const writeSchema = z.strictObject({ address: z.number().int() })

/** A bus of which the test says when a turn comes and what the device answers. */
class TurnBus implements CommandBus {
  readonly executed: DeviceCommand[] = []
  readonly confirmed: DeviceCommand[] = []
  /** Seen by the driver when it is told to do something. */
  stepSeen: string | null = null
  outcome: () => Promise<CommandOutcome> = async () => ({ result: 'confirmed', uncertain: false, message: null, readings: [] }) // prettier-ignore
  seen: (() => Promise<CommandOutcome | null>) | null = null
  onExecute: () => void = () => {}
  private turns: (() => Promise<void>)[] = []
  held = false

  exclusive<T>(_device: string, work: (driver: BusDriver) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const turn = () => work(this.driver()).then(resolve, reject)
      if (this.held) this.turns.push(turn)
      else void turn()
    })
  }

  async release(): Promise<void> {
    this.held = false
    for (const turn of this.turns.splice(0)) await turn()
  }

  private driver(): BusDriver {
    const { seen } = this
    return {
      connected: true,
      poll: () => Promise.reject(new Error('not here')),
      probe: () => Promise.reject(new Error('not here')),
      emptyReadings: () => [],
      stop: async () => {},
      execute: (_key, command) => {
        this.executed.push(command)
        this.onExecute()
        return this.outcome()
      },
      ...(seen !== null && {
        confirm: (_key: string, command: DeviceCommand) => {
          this.confirmed.push(command)
          return seen()
        },
      }),
    }
  }
}

let folder: string
let clock: FakeClock & { isTrusted?: boolean }
let bus: TurnBus
let reports: CommandReport[]
let online: boolean
let offered: Emission[]
let outbox: Outbox
let journal: CommandJournal
let commands: Commands
let bootId: string
let trusted: boolean

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'courtyard-commands-'))
  clock = new FakeClock()
  bootId = 'boot-1'
  trusted = true
  reports = []
  offered = []
  online = true
  bus = new TurnBus()
  start()
})
afterEach(async () => {
  await end()
  rmSync(folder, { recursive: true })
})

function start(devices = ['m1', 'm2']): void {
  outbox = new Outbox({
    file: join(folder, 'outbox.sqlite'),
    clock,
    logger: silentLogger(),
    limits: { maxBytes: 1e9, maxAgeMs: 1e12 },
    moveDamagedAside: false,
  })
  journal = new CommandJournal(outbox)
  const own = clock
  commands = new Commands({
    journal,
    clock: {
      nowMs: () => own.nowMs(),
      sleep: (ms, signal) => own.sleep(ms, signal),
      get isTrusted() {
        return trusted
      },
    },
    boot: { id: bootId, nowMs: () => own.monotonicMs() },
    logger: silentLogger(),
    publish: (report) => {
      if (online) reports.push(report)
      return online
    },
    offer: async (emission) => void offered.push(emission),
  })
  commands.resume(siteOf(devices), bus)
}
async function end(): Promise<void> {
  const paused = commands.pause(0)
  await clock.advance(1)
  await paused
  outbox.close()
}
async function restart(devices?: string[]): Promise<void> {
  await end()
  start(devices)
  await clock.advance(0)
}

function siteOf(devices: string[]): Pick<SiteConfig, 'buses'> {
  const definition = { id: 'modbus', writeSchema } as unknown as DriverDefinition
  const list = devices.map((key) => ({
    key,
    name: key,
    profile,
    address: {},
    serial: undefined,
    intervals: {},
  }))
  return { buses: [{ key: 'bus', definition, config: {}, devices: list }] }
}
const close: CommandBody = { kind: 'relay', action: 'close' }
function message(change: Partial<CommandMessage> = {}): CommandMessage {
  const sentAtMs = clock.nowMs()
  return { v: 1, id: randomUUID(), device: 'm1', target: 'relay', body: close, sentAtMs, expiresAtMs: sentAtMs + 60_000, ...change } // prettier-ignore
}
const steps = (id: string) => reports.filter((report) => report.id === id).map(({ step }) => step)
const last = (id: string) => reports.findLast((report) => report.id === id)!

describe('a command', () => {
  test('is on the disk before each report and before the driver hears of it', async () => {
    const command = message()
    bus.onExecute = () => (bus.stepSeen = journal.find(command.id)!.step)
    commands.take(command)
    await clock.advance(0)
    expect(steps(command.id)).toEqual(['received', 'executing', 'confirmed'])
    expect(bus.executed).toEqual([{ target: 'relay', body: close }])
    expect(bus.stepSeen).toBe('executing')
    expect(journal.find(command.id)!.body).toBeNull()
  })

  test('that comes again is answered from the journal, never done again, not even after a restart', async () => {
    const command = message()
    for (let i = 0; i < 3; i++) commands.take(command)
    await clock.advance(0)
    await restart()
    commands.take({ ...command, sentAtMs: clock.nowMs() })
    await clock.advance(0)
    expect(bus.executed).toHaveLength(1)
    expect(last(command.id).step).toBe('confirmed')
  })

  test('is reported every ten seconds until the hub has it', async () => {
    const command = message()
    commands.take(command)
    await clock.advance(0)
    online = false
    await clock.advance(30_000)
    online = true
    const before = steps(command.id).length
    commands.connected()
    expect(steps(command.id)).toHaveLength(before + 1)
    commands.acknowledged([command.id, randomUUID()])
    commands.connected()
    expect(steps(command.id)).toHaveLength(before + 1)
  })

  test('readings of the outcome go to the outbox', async () => {
    const reading: Reading = { point: 'm1/relay', atMs: 1, mantissa: 1, scale: 0, quality: 0 }
    bus.outcome = async () => ({ result: 'confirmed', uncertain: false, message: null, readings: [reading] })
    commands.take(message())
    await clock.advance(0)
    expect(offered).toEqual([{ readings: [reading] }])
  })

  test('without a reply is looked at once more before it is called uncertain', async () => {
    const silent = async (): Promise<CommandOutcome> => ({ result: 'failed', uncertain: true, message: 'no reply', readings: [] }) // prettier-ignore
    bus.outcome = silent
    const [one, two] = [message(), message()]
    commands.take(one)
    await clock.advance(0)
    expect(last(one.id)).toMatchObject({ step: 'failed', uncertain: true, message: 'no reply' })
    bus.seen = async () => ({ result: 'confirmed', uncertain: false, message: null, readings: [] })
    commands.take(two)
    await clock.advance(0)
    expect(last(two.id)).toMatchObject({ step: 'confirmed', uncertain: false })
    expect(bus.executed).toHaveLength(2)
  })

  test('a driver that throws has done nobody knows what', async () => {
    bus.outcome = () => Promise.reject(new Error('broken'))
    const command = message()
    commands.take(command)
    await clock.advance(0)
    expect(last(command.id)).toMatchObject({ step: 'failed', uncertain: true, message: 'broken' })
  })
})

describe('time', () => {
  test('a command whose time is over before its turn is never begun', async () => {
    bus.held = true
    const command = message({ expiresAtMs: clock.nowMs() + 5_000 })
    commands.take(command)
    await clock.advance(5_001)
    await bus.release()
    expect(last(command.id).step).toBe('expired')
    expect(bus.executed).toEqual([])
  })

  test('a restart does not prolong it, whatever the clocks say', async () => {
    bus.held = true
    // The hub's clock is an hour ahead of the gateway's.
    const sentAtMs = clock.nowMs() + 3_600_000
    const command = message({ sentAtMs, expiresAtMs: sentAtMs + 10_000 })
    commands.take(command)
    bus = new TurnBus()
    bus.held = true
    await clock.advance(9_000)
    await restart()
    expect(steps(command.id).at(-1)).toBe('received')
    await clock.advance(1_500)
    await restart()
    await bus.release()
    expect(last(command.id).step).toBe('expired')
    expect(bus.executed).toEqual([])
  })

  test('after a reboot with an unknown clock it waits, and then the hub’s instant counts', async () => {
    const [short, long] = [message({ expiresAtMs: clock.nowMs() + 5_000 }), message({ expiresAtMs: clock.nowMs() + 500_000 })] // prettier-ignore
    bus.held = true
    commands.take(short)
    commands.take(long)
    bus = new TurnBus()
    bootId = 'boot-2'
    trusted = false
    await clock.advance(20_000)
    await restart()
    expect(bus.executed).toEqual([])
    trusted = true
    await restart()
    expect([last(short.id).step, last(long.id).step]).toEqual(['expired', 'confirmed'])
    expect(bus.executed).toHaveLength(1)
  })

  test('a clock is not set by a gateway that does not know the time', async () => {
    trusted = false
    const command = message({ target: 'time', body: { kind: 'clock' } })
    commands.take(command)
    await clock.advance(0)
    expect(last(command.id)).toMatchObject({ step: 'failed', uncertain: false, message: 'the gateway itself does not know the time' }) // prettier-ignore
  })
})

describe('an interruption', () => {
  async function interrupted(): Promise<CommandMessage> {
    const command = message()
    commands.take(command)
    await clock.advance(0)
    // As a kill would leave it: being done.
    outbox.database
      .prepare("UPDATE command SET step = 'executing', body = ? WHERE id = ?")
      .run(JSON.stringify(command.body), command.id)
    bus = new TurnBus()
    return command
  }

  test('is looked at after the start: confirmed by reading', async () => {
    const command = await interrupted()
    bus.seen = async () => ({ result: 'confirmed', uncertain: false, message: null, readings: [] })
    await restart()
    expect(last(command.id)).toMatchObject({ step: 'confirmed', uncertain: false })
    expect(bus.executed).toEqual([])
  })

  test('another state, or a protocol that cannot tell: failed and uncertain, never done again', async () => {
    const one = await interrupted()
    bus.seen = async () => ({ result: 'failed', uncertain: false, message: 'it shows 0', readings: [] })
    await restart()
    expect(last(one.id)).toMatchObject({ step: 'failed', uncertain: true })
    expect(last(one.id).message).toMatch(/interrupted.*it shows 0/)
    const two = await interrupted()
    await restart()
    expect(last(two.id)).toMatchObject({ step: 'failed', uncertain: true })
    expect(bus.executed).toEqual([])
  })

  test('a device that is silent at first is asked again', async () => {
    const command = await interrupted()
    let asked = 0
    bus.seen = async () => asked++ === 0 ? { result: 'failed', uncertain: true, message: 'no reply', readings: [] } : { result: 'confirmed', uncertain: false, message: null, readings: [] } // prettier-ignore
    await restart()
    expect(last(command.id).step).not.toBe('failed')
    await clock.advance(2_500)
    expect(last(command.id).step).toBe('confirmed')
    expect(asked).toBe(2)
  })

  test('of a device that is gone: failed and uncertain', async () => {
    const command = await interrupted()
    await restart(['m2'])
    expect(last(command.id)).toMatchObject({ step: 'failed', uncertain: true })
  })
})

describe('a new configuration', () => {
  test('commands that wait go on; those of removed devices fail', async () => {
    bus.held = true
    const [stays, goes] = [message({ device: 'm2' }), message({ device: 'm1' })]
    commands.take(stays)
    commands.take(goes)
    const paused = commands.pause(100)
    await clock.advance(100)
    await paused
    await bus.release()
    expect(bus.executed).toEqual([])
    bus = new TurnBus()
    commands.resume(siteOf(['m2']), bus)
    await clock.advance(0)
    expect(last(stays.id).step).toBe('confirmed')
    expect(last(goes.id)).toMatchObject({ step: 'failed', uncertain: false, message: 'there is no device "m1" at this gateway' }) // prettier-ignore
  })
})

describe('what does not fit is refused in words, and nothing is sent', () => {
  test.each<[string, Partial<CommandMessage>, RegExp]>([
    ['another device', { device: 'm9' }, /no device "m9"/],
    ['another target', { target: 'door2' }, /no command "door2"/],
    ['another kind', { target: 'door1' }, /of kind door, not relay/],
    ['an action that the profile lacks', { target: 'door1', body: { kind: 'door', action: 'holdOpen' } }, /"holdOpen"/],
    ['below the range', { target: 'heat', body: { kind: 'setpoint', value: '4.9' } }, /takes 5 to 30\.5 °C, not 4\.9/],
    ['above the range', { target: 'heat', body: { kind: 'setpoint', value: '30.6' } }, /not 30\.6/],
    ['more places', { target: 'heat', body: { kind: 'setpoint', value: '20.55' } }, /1 decimal places/],
    ['a write of another shape', { target: 'write', body: { kind: 'write', data: { adress: 1 } } }, /driver modbus: .*adress/],
  ])('%s', async (_, change, words) => {
    const command = message(change)
    commands.take(command)
    await clock.advance(0)
    expect(last(command.id)).toMatchObject({ step: 'failed', uncertain: false })
    expect(last(command.id).message).toMatch(words)
    expect(bus.executed).toEqual([])
  }) // prettier-ignore

  test('values at the edge of the range, trailing zeros and the free write fit', async () => {
    for (const value of ['5', '30.5', '20.50']) commands.take(message({ target: 'heat', body: { kind: 'setpoint', value } })) // prettier-ignore
    commands.take(message({ target: 'write', body: { kind: 'write', data: { address: 1 } } }))
    await clock.advance(0)
    expect(bus.executed).toHaveLength(4)
  })

  test('a message that this agent cannot read is refused under its id', async () => {
    const id = randomUUID()
    commands.refuse(id, 'm1', 'x', 'kind: invalid')
    commands.refuse(id, 'm1', 'x', 'kind: invalid')
    expect(last(id)).toMatchObject({ step: 'failed', uncertain: false })
    commands.acknowledged([id])
    expect(journal.open()).toEqual([])
  })
})

test('what ended a month ago is forgotten', async () => {
  const old = message()
  commands.take(old)
  await clock.advance(0)
  await clock.advance(31 * 24 * 3_600_000)
  const fresh = message()
  commands.take(fresh)
  await clock.advance(0)
  await restart()
  expect(journal.find(old.id)).toBeNull()
  expect(journal.find(fresh.id)).not.toBeNull()
})
