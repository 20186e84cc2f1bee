/**
 * Simulated terminals as a process of their own, for tests that share no code with them: JSON lines on standard input
 * `{id, terminal, call, args}`, answers `{id, result}` or `{id, error}` on standard output. Ends with its input.
 */
import { createInterface } from 'node:readline'
import { SimulatedPushTerminal, type PushFault, type PushTerminalOptions } from './push-terminal.ts'
import { SimulatedTerminal, type TerminalOptions } from './terminal.ts'
import type { TerminalFault } from './answers.ts'
import type { SimulatedPunch } from './terminal-data.ts'

interface Call {
  readonly id: number
  readonly terminal: string
  readonly call: string
  readonly args: readonly unknown[]
}

const pulled = new Map<string, SimulatedTerminal>()
const pushing = new Map<string, SimulatedPushTerminal>()

async function perform({ terminal, call, args }: Call): Promise<unknown> {
  if (call === 'start') {
    const started = await SimulatedTerminal.start(args[0] as TerminalOptions)
    pulled.set(terminal, started)
    return { port: started.port }
  }
  if (call === 'startPush') {
    const started = new SimulatedPushTerminal(args[0] as PushTerminalOptions)
    pushing.set(terminal, started)
    return started.start()
  }
  const push = pushing.get(terminal)
  return push ? performPush(push, call, args) : performPull(pulled.get(terminal)!, call, args)
}

async function performPull(
  terminal: SimulatedTerminal,
  call: string,
  args: readonly unknown[],
): Promise<unknown> {
  const { state } = terminal
  switch (call) {
    case 'fault':
      return terminal.setTerminalFault(args[0] as TerminalFault | null)
    case 'punch':
      return terminal.punch(args[0] as SimulatedPunch, args[1] ?? {})
    case 'event':
      return terminal.event(args[0] as number, Buffer.from(args[1] as string, 'hex'))
    case 'clearLog':
      state.punches = []
      return
    case 'setClock':
      state.clockOffsetSeconds = args[0] as number
      return
    case 'setDoor':
      state.door = args[0] as number
      return
    case 'forgetCalls':
      state.log.length = 0
      return
    case 'dropSessions':
      return terminal.dropSessions()
    case 'snapshot':
      return terminal.snapshot()
    case 'stop':
      return terminal.stop()
    default:
      throw new Error(`no call ${call}`)
  }
}

async function performPush(
  terminal: SimulatedPushTerminal,
  call: string,
  args: readonly unknown[],
): Promise<unknown> {
  switch (call) {
    case 'fault':
      return terminal.setFault(args[0] as PushFault | null)
    case 'punch':
      return terminal.punch(args[0] as SimulatedPunch)
    case 'door':
      return terminal.door(args[0] as Parameters<SimulatedPushTerminal['door']>[0])
    case 'line':
      return terminal.line(args[0] as string, args[1] as string)
    case 'snapshot':
      return terminal.snapshot()
    case 'stop':
      return terminal.stop()
    default:
      throw new Error(`no call ${call}`)
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const call = JSON.parse(line) as Call
  const answer = await perform(call).then(
    (result) => ({ id: call.id, result: result ?? null }),
    (error: unknown) => ({ id: call.id, error: String(error) }),
  )
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
process.exit(0)
