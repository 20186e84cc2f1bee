/** Opens the sockets of the further devices and lets people come by. */
import { startCjt188Line } from '../cjt188/index.ts'
import { startDlt645Line } from '../dlt645/index.ts'
import { DAY_MS, ZONE_MS } from '../load/calendar.ts'
import { SimulatedTerminal } from '../zkteco/terminal.ts'
import type { SimulatedPunch, SimulatedUser } from '../zkteco/terminal-data.ts'
import {
  cjt188MeterAt,
  dlt645MeterAt,
  FURTHER_ENDPOINTS,
  type FurtherDevices,
  type FurtherPorts,
  type Terminal,
} from './further-devices.ts'
import { visitsBetween, type Visit } from './people.ts'

/** What a terminal's log reaches back to. */
const LOG_DAYS = { attendance: 7, access: 1 } as const
const TICK_MS = 1_000
/** `EF_UNLOCK` of the terminals' live events. */
const UNLOCKED = 32

export interface RunningFurtherDevices {
  readonly ports: FurtherPorts
  stop(): Promise<void>
}

interface Stoppable {
  stop(): Promise<void>
}

/** Ports after `portBase` in the order of `FURTHER_ENDPOINTS`. */
export function furtherPorts(portBase: number): FurtherPorts {
  return Object.fromEntries(
    FURTHER_ENDPOINTS.map((key, index) => [key, portBase + index + 1]),
  ) as FurtherPorts
}

/**
 * `portBase` 0 takes free ports. Rejects with the system's error when a port is taken; then nothing is left open.
 * The meter lines listen on localhost, the terminals at `host`.
 */
export async function runFurtherDevices(
  further: FurtherDevices,
  options: { seed: number; portBase: number; host: string; now: () => number },
): Promise<RunningFurtherDevices> {
  const { now, portBase } = options
  const wanted = portBase === 0 ? null : furtherPorts(portBase)
  const running: Stoppable[] = []
  const stop = async () => {
    await Promise.all(running.map((device) => device.stop()))
  }
  const start = async <T extends Stoppable>(device: Promise<T>): Promise<T> => {
    const started = await device
    running.push(started)
    return started
  }
  try {
    const [office, door] = further.terminals
    const officePort = await start(Visited.start(office!, wanted?.['doors-office'] ?? 0, options))
    const doorPort = await start(Visited.start(door!, wanted?.['doors-b1'] ?? 0, options))
    const line645 = await start(
      startDlt645Line({
        meters: further.line645.map((meter) => dlt645MeterAt(meter, now())),
        port: wanted?.line645 ?? 0,
        now,
      }),
    )
    const line188 = await start(
      startCjt188Line({
        meters: further.line188.map((meter) => cjt188MeterAt(meter, now())),
        port: wanted?.line188 ?? 0,
        // As the profile of CJ/T 188-2018 has it.
        diOrder: 'lowFirst',
        now,
      }),
    )
    const ports = {
      'doors-office': officePort.port,
      'doors-b1': doorPort.port,
      line645: line645.port,
      line188: line188.port,
    }
    return { ports, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** A terminal whose people come by themselves; an order to open its door opens it for as long as it says. */
class Visited implements Stoppable {
  private readonly terminal: SimulatedTerminal
  private readonly about: Terminal
  private readonly seed: number
  private readonly now: () => number
  private readonly timer: NodeJS.Timeout
  private seenMs: number
  private seenUnlocks = 0
  private doorClosesAtMs = 0

  private constructor(
    terminal: SimulatedTerminal,
    about: Terminal,
    { seed, now }: { seed: number; now: () => number },
    startedMs: number,
  ) {
    this.terminal = terminal
    this.about = about
    this.seed = seed
    this.now = now
    this.seenMs = startedMs
    this.timer = setInterval(() => this.tick(), TICK_MS)
  }

  static async start(
    about: Terminal,
    port: number,
    options: { seed: number; host: string; now: () => number },
  ): Promise<Visited> {
    const { seed, host, now } = options
    const startedMs = now()
    // The log begins at midnight: a restart on the same day shows the same log, and what has come since.
    const today = Math.floor((startedMs + ZONE_MS) / DAY_MS) * DAY_MS - ZONE_MS
    const fromMs = today - LOG_DAYS[about.kind] * DAY_MS
    const past = visitsBetween(seed, about.kind, about.people, fromMs, startedMs)
    const terminal = await SimulatedTerminal.start({
      host,
      port,
      users: about.people.map(userOf),
      punches: past.map((visit) => punchOf(about, visit, 0)),
    })
    return new Visited(terminal, about, options, startedMs)
  }

  get port(): number {
    return this.terminal.port
  }

  stop(): Promise<void> {
    clearInterval(this.timer)
    return this.terminal.stop()
  }

  private tick(): void {
    const nowMs = this.now()
    const { state } = this.terminal
    if (nowMs > this.seenMs) {
      const { kind, people } = this.about
      for (const visit of visitsBetween(this.seed, kind, people, this.seenMs, nowMs)) {
        this.terminal.punch(punchOf(this.about, visit, state.clockOffsetSeconds))
      }
      this.seenMs = nowMs
    }
    for (const tenths of state.unlocks.slice(this.seenUnlocks)) {
      this.doorClosesAtMs = nowMs + tenths * 100
      this.terminal.event(UNLOCKED, Buffer.alloc(0))
    }
    this.seenUnlocks = state.unlocks.length
    state.door = nowMs < this.doorClosesAtMs ? 1 : 0
  }
}

function punchOf(
  about: Terminal,
  { atMs, person, punch }: Visit,
  clockOffsetSeconds: number,
): SimulatedPunch {
  const uid = about.people.indexOf(person) + 1
  const face = new Date(atMs + ZONE_MS + clockOffsetSeconds * 1_000).toISOString()
  const time = face.slice(0, 19).replace('T', ' ')
  return { uid, user: person.number, time, verify: person.verify, punch }
}

function userOf({ number, name, card }: { number: string; name: string; card: number }, index: number): SimulatedUser {
  return { uid: index + 1, privilege: 0, password: '', name, card, user: number }
} // prettier-ignore
