/** Several DL/T 645 meters on one line. Frames are read and written here by the standard alone (5.2, 7). */
import type { DeviceFault, RunningDevice } from '../device.ts'
import { closeFrame, openLine, takeFrames, type LineOptions, type LinePeer } from '../meter-bus/line.ts'
import { Dlt645Meter, NO_SUCH_DATA, type Dlt645MeterOptions } from './meter.ts'

export interface Dlt645LineOptions extends LineOptions {
  readonly meters: readonly Dlt645MeterOptions[]
  readonly now?: () => number
  readonly timeZone?: string
  /** Before a meter answers. */
  readonly replyDelayMs?: number
  /** FE before each reply. */
  readonly wakeUps?: number
}

export interface RunningDlt645Line extends RunningDevice {
  /** By address. */
  readonly meters: ReadonlyMap<string, Dlt645Meter>
  /** Requests with a right sum that came in. */
  readonly requests: number
}

interface Request {
  readonly address: string
  readonly control: number
  readonly data: number[]
}

/** What one meter sends. */
interface Answer {
  readonly control: number
  readonly data: readonly number[]
}

export async function startDlt645Line(options: Dlt645LineOptions): Promise<RunningDlt645Line> {
  const bench = new Bench(options)
  const line = await openLine(options, (bytes, peer) => bench.take(bytes, peer))
  return {
    port: line.port,
    meters: bench.meters,
    get requests() {
      return bench.requests
    },
    setFault: (unit, fault) => bench.setFault(unit, fault),
    stop: async () => {
      bench.stop()
      await line.stop()
    },
  }
}

class Bench {
  readonly meters: Map<string, Dlt645Meter>
  requests = 0
  private readonly options: Dlt645LineOptions
  private readonly faults = new Map<string, DeviceFault>()
  private readonly timers = new Set<NodeJS.Timeout>()
  private readonly pending = new WeakMap<LinePeer, Uint8Array>()

  constructor(options: Dlt645LineOptions) {
    this.options = options
    const { now = Date.now, timeZone = 'Asia/Shanghai' } = options
    this.meters = new Map(
      options.meters.map((meter) => [meter.address, new Dlt645Meter(meter, now, timeZone)]),
    )
  }

  setFault(unit: string, fault: DeviceFault | null): void {
    if (fault === null) this.faults.delete(unit)
    else this.faults.set(unit, fault)
  }

  stop(): void {
    for (const timer of this.timers) clearTimeout(timer)
  }

  take(bytes: Uint8Array, peer: LinePeer): void {
    const joined = Uint8Array.of(...(this.pending.get(peer) ?? []), ...bytes)
    const { frames, rest } = takeFrames(joined, { headBytes: 10, secondStartAt: 7 })
    this.pending.set(peer, rest)
    for (const frame of frames) this.dispatch(parse(frame), peer)
  }

  private dispatch(request: Request, peer: LinePeer): void {
    this.requests += 1
    if (request.address === '999999999999') {
      if (request.control === 0x08)
        for (const meter of this.meters.values()) meter.broadcastTime(request.data)
      return
    }
    const called = [...this.meters].filter(([address]) => isCalled(request.address, address))
    for (const [address, meter] of called) this.answer(address, meter, request, peer, called.length > 1)
  }

  /** Meters that answer at once spoil each other's bytes. */
  private answer(
    address: string,
    meter: Dlt645Meter,
    request: Request,
    peer: LinePeer,
    collides: boolean,
  ): void {
    const fault = this.faults.get(address)
    if (fault === 'silent') return
    if (fault === 'reset') return peer.reset()
    const answer = fault === 'refusing' ? refusal(request, NO_SUCH_DATA) : this.reply(meter, request)
    if (answer === null) return
    const frame = build(address, answer, this.options.wakeUps ?? 4)
    if (fault === 'garbage' || collides) for (let i = 4; i < frame.length; i += 3) frame[i]! ^= 0x5a
    this.later(() => peer.write(frame))
  }

  private later(act: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer)
      act()
    }, this.options.replyDelayMs ?? 1)
    this.timers.add(timer)
  }

  private reply(meter: Dlt645Meter, request: Request): Answer | null {
    const old = meter.options.edition === '1997'
    const { control, data } = request
    const width = old ? 2 : 4
    const di = written(data.slice(0, width))
    if (control === (old ? 0x01 : 0x11)) return this.part(meter, request, di, 0, width)
    if (control === (old ? 0x02 : 0x12)) return this.part(meter, request, di, old ? 1 : data[4]!, width)
    if (old) return null
    const ok = (error: number | null): Answer => (error === null ? { control: control | 0x80, data: [] } : refusal(request, error))
    const password = written(data.slice(0, 1)) + written(data.slice(1, 4))
    switch (control) {
      case 0x13:
        return { control: 0x93, data: addressOf(meter) }
      case 0x14:
        return ok(meter.write(di, written(data.slice(4, 5)) + written(data.slice(5, 8)), data.slice(12)))
      case 0x1c:
        return ok(meter.controlRelay(password, data.slice(8)))
      default:
        return null
    }
  } // prettier-ignore

  /** Part `sequence` of the data of an identifier; 0 is the first. */
  private part(meter: Dlt645Meter, request: Request, di: string, sequence: number, width: number): Answer {
    const all = meter.read(di)
    if (!all) return refusal(request, NO_SUCH_DATA)
    const size = meter.options.bytesPerFrame ?? 200
    const value = all.slice(sequence * size, (sequence + 1) * size)
    const more = (sequence + 1) * size < all.length ? 0x20 : 0
    const number = sequence > 0 && width === 4 ? [sequence] : []
    return {
      control: request.control | 0x80 | more,
      data: [...request.data.slice(0, width), ...value, ...number],
    }
  }
}

function parse(frame: Uint8Array): Request {
  return {
    address: written([...frame.subarray(1, 7)]),
    control: frame[8]!,
    data: [...frame.subarray(10, -2)].map((byte) => (byte - 0x33) & 0xff),
  }
}

function build(address: string, answer: Answer, wakeUps: number): Uint8Array {
  const data = answer.data.map((byte) => (byte + 0x33) & 0xff)
  const reversed = Array.from({ length: 6 }, (_, i) => parseInt(address.slice(10 - 2 * i, 12 - 2 * i), 16))
  return closeFrame([0x68, ...reversed, 0x68, answer.control, data.length, ...data], wakeUps)
}

/** A byte AA calls every meter. */
function isCalled(asked: string, address: string): boolean {
  return [0, 2, 4, 6, 8, 10].every((at) => {
    const byte = asked.slice(at, at + 2)
    return byte === 'AA' || byte === address.slice(at, at + 2)
  })
}

function refusal(request: Request, error: number): Answer {
  return { control: request.control | 0xc0, data: [error] }
}

function written(bytes: readonly number[]): string {
  return [...bytes].reverse().map((byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join('')
} // prettier-ignore

function addressOf(meter: Dlt645Meter): number[] {
  const { address } = meter.options
  return Array.from({ length: 6 }, (_, i) => parseInt(address.slice(10 - 2 * i, 12 - 2 * i), 16))
}
