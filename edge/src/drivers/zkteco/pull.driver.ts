import type { Quality, Reading } from '@courtyard/protocols/contract'
import type {
  BusDriver,
  CommandOutcome,
  DeviceCommand,
  DriverContext,
  DriverDevice,
  PollOutcome,
} from '../driver.ts'
import { confirmOnTerminal, executeOnTerminal, type CommandContext } from './pull.commands.ts'
import { PulledTerminal } from './terminal.ts'
import type { PullTransport, ZktecoAddress, ZktecoBusConfig } from './zkteco.config.ts'

/** Terminals that are asked on port 4370, each over a session of its own. */
export class PullDriver implements BusDriver {
  private readonly context: DriverContext<ZktecoBusConfig>
  private readonly terminals: Map<string, PulledTerminal>
  private keeping: Promise<unknown> = Promise.resolve()

  constructor(
    context: DriverContext<ZktecoBusConfig>,
    transport: PullTransport,
    devices: readonly DriverDevice<ZktecoAddress>[],
  ) {
    this.context = context
    this.terminals = new Map(
      devices.map((device) => [device.key, new PulledTerminal(context, transport, device)]),
    )
  }

  get connected(): boolean {
    return [...this.terminals.values()].some((terminal) => terminal.connected)
  }

  async start(): Promise<void> {
    this.keeping = Promise.all([...this.terminals.values()].map((terminal) => terminal.keepConnected()))
  }

  poll(deviceKey: string, group: string): Promise<PollOutcome> {
    return this.terminalOf(deviceKey).poll(group)
  }

  probe(deviceKey: string): Promise<PollOutcome> {
    return this.terminalOf(deviceKey).probe()
  }

  execute(deviceKey: string, command: DeviceCommand): Promise<CommandOutcome> {
    return executeOnTerminal(this.commandContext(deviceKey), command)
  }

  confirm(deviceKey: string, command: DeviceCommand): Promise<CommandOutcome | null> {
    return confirmOnTerminal(this.commandContext(deviceKey), command)
  }

  emptyReadings(deviceKey: string, quality: Quality): readonly Reading[] {
    return this.terminalOf(deviceKey).emptyReadings(quality)
  }

  async stop(): Promise<void> {
    await Promise.all([...this.terminals.values()].map((terminal) => terminal.stop()))
    await this.keeping
  }

  private commandContext(deviceKey: string): CommandContext {
    const { clock, bus } = this.context
    return { terminal: this.terminalOf(deviceKey), clock, timeoutMs: bus.timeoutMs }
  }

  private terminalOf(key: string): PulledTerminal {
    const terminal = this.terminals.get(key)
    if (!terminal) throw new RangeError(`no device ${key} on this bus`)
    return terminal
  }
}
