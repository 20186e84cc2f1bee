import type { CommandBody, Quality, Reading } from '@courtyard/protocols/contract'
import { clockCommand, doorCommand, personCommands, removalCommands } from '@courtyard/protocols/zkteco'
import type {
  BusDriver,
  CommandOutcome,
  DeviceCommand,
  DriverContext,
  DriverDevice,
  PollOutcome,
} from '../driver.ts'
import type { CommandResult } from './command-queue.ts'
import { utcFields } from './local-time.ts'
import { done, refused } from './pull.commands.ts'
import { PushListener } from './push.listener.ts'
import { PushTerminal } from './push-terminal.ts'
import type { PushTransport, ZktecoAddress, ZktecoBusConfig } from './zkteco.config.ts'

const DEFAULT_UNLOCK_SECONDS = 5
const HOLD_OPEN = 255

/** Terminals that call this gateway over HTTP. */
export class PushDriver implements BusDriver {
  private readonly context: DriverContext<ZktecoBusConfig>
  private readonly terminals: Map<string, PushTerminal>
  private readonly listener: PushListener
  private readonly abort = new AbortController()
  private running: Promise<unknown> = Promise.resolve()

  constructor(
    context: DriverContext<ZktecoBusConfig>,
    transport: PushTransport,
    devices: readonly DriverDevice<ZktecoAddress>[],
  ) {
    this.context = context
    this.terminals = new Map(
      devices.map((device) => [device.key, new PushTerminal(context, transport, device)]),
    )
    const bySerial = [...this.terminals.values()].flatMap((terminal): [string, PushTerminal][] =>
      terminal.device.address.serialNumber === undefined
        ? []
        : [[terminal.device.address.serialNumber, terminal]],
    )
    const { clock, logger } = context
    this.listener = new PushListener({ transport, clock, logger, terminals: new Map(bySerial) })
  }

  get connected(): boolean {
    return this.listener.listening
  }

  async start(): Promise<void> {
    this.running = Promise.all([this.listener.start(), this.watchSilence()])
  }

  async poll(deviceKey: string, group: string): Promise<PollOutcome> {
    return this.terminalOf(deviceKey).poll(group)
  }

  async probe(deviceKey: string): Promise<PollOutcome> {
    return { ...this.terminalOf(deviceKey).poll(''), readings: [] }
  }

  /** Ends when the terminal has told the result, or has not come for it in time. */
  async execute(deviceKey: string, { target, body }: DeviceCommand): Promise<CommandOutcome> {
    const terminal = this.terminalOf(deviceKey)
    const silent = terminal.failure()
    if (silent) return refused(silent.message)
    const door = Number(terminal.device.profile.commands.find(({ key }) => key === target)?.door ?? '1')
    const texts = this.textsOf(terminal, body, door)
    if (texts === null) return refused(`the terminal has no such command`)
    return outcomeOf(await terminal.commands.run(texts))
  }

  emptyReadings(deviceKey: string, quality: Quality): readonly Reading[] {
    return this.terminalOf(deviceKey).emptyReadings(quality)
  }

  async stop(): Promise<void> {
    this.abort.abort()
    for (const terminal of this.terminals.values()) terminal.commands.stop()
    await this.listener.stop()
    await this.running
  }

  /** Tells of terminals that have stopped calling; the ones that call again tell by themselves. */
  private async watchSilence(): Promise<void> {
    const { clock, noteDevice, bus } = this.context
    const everyMs = bus.transport.type === 'push' ? Math.min(10_000, bus.transport.silentAfterMs / 2) : 10_000
    const told = new Set<string>()
    while (!this.abort.signal.aborted) {
      await clock.sleep(everyMs, this.abort.signal)
      for (const [key, terminal] of this.terminals) {
        const failure = this.abort.signal.aborted ? null : terminal.failure()
        if (!failure) told.delete(key)
        else if (!told.has(key)) {
          told.add(key)
          noteDevice(key, failure)
        }
      }
    }
  }

  /** Null where the terminal's dialect has no such command. */
  private textsOf(terminal: PushTerminal, body: CommandBody, door: number): string[] | null {
    const { dialect, zone } = terminal
    if (body.kind === 'people') {
      const doors = terminal.device.profile.zkteco?.doors ?? 0
      return body.people.flatMap((person) =>
        person.present ? personCommands(dialect, person, doors) : removalCommands(dialect, person.id),
      )
    }
    if (body.kind === 'clock') {
      const nowMs = this.context.clock.nowMs()
      return [clockCommand(dialect, dialect === 'access' ? utcFields(nowMs) : zone.toLocal(nowMs))]
    }
    if (body.kind !== 'door') return null
    const seconds = {
      open: Math.min(254, body.seconds ?? DEFAULT_UNLOCK_SECONDS),
      close: 0,
      holdOpen: HOLD_OPEN,
    }
    const text = doorCommand(dialect, door, seconds[body.action])
    return text === null ? null : [text]
  }

  private terminalOf(key: string): PushTerminal {
    const terminal = this.terminals.get(key)
    if (!terminal) throw new RangeError(`no device ${key} on this bus`)
    return terminal
  }
}

function outcomeOf(results: readonly CommandResult[]): CommandOutcome {
  const codes = results.map((result) => (result.kind === 'code' ? result.code : result.kind))
  const wrong = codes.filter((code) => typeof code !== 'number' || code < 0)
  if (wrong.length === 0) return done('acknowledged')
  const text = wrong[0] === 'withdrawn' ? 'the terminal did not fetch it' : wrong[0] === 'unanswered' ? 'the terminal fetched it and told no result' : `the terminal refused it with ${wrong[0]}` // prettier-ignore
  const message = results.length === 1 ? text : `${wrong.length} of ${results.length} parts: ${text}`
  return { result: 'failed', uncertain: codes.includes('unanswered'), message, readings: [] }
}
