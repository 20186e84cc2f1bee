/** Several CJ/T 188 meters on one line. Frames are read and written here by the standard alone (6.2, 7). */
import type { DeviceFault, RunningDevice } from '../device.ts'
import { closeFrame, openLine, takeFrames, type LineOptions, type LinePeer } from '../meter-bus/line.ts'
import { Cjt188Meter, type Cjt188MeterOptions } from './meter.ts'

export interface Cjt188LineOptions extends LineOptions {
  readonly meters: readonly Cjt188MeterOptions[]
  readonly now?: () => number
  readonly timeZone?: string
  readonly replyDelayMs?: number
  readonly wakeUps?: number
  /** `highFirst`: the meters know `90 1F` and nothing else; they do not answer the other order. */
  readonly diOrder?: 'lowFirst' | 'highFirst'
}

export interface RunningCjt188Line extends RunningDevice {
  /** By the address they were given at the start. */
  readonly meters: ReadonlyMap<string, Cjt188Meter>
  readonly requests: number
}

interface Request {
  readonly meterType: number
  readonly address: string
  readonly control: number
  readonly data: readonly number[]
}

export async function startCjt188Line(options: Cjt188LineOptions): Promise<RunningCjt188Line> {
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
  readonly meters: Map<string, Cjt188Meter>
  requests = 0
  private readonly options: Cjt188LineOptions
  private readonly faults = new Map<string, DeviceFault>()
  private readonly timers = new Set<NodeJS.Timeout>()
  private readonly pending = new WeakMap<LinePeer, Uint8Array>()

  constructor(options: Cjt188LineOptions) {
    this.options = options
    const { now = Date.now, timeZone = 'Asia/Shanghai' } = options
    this.meters = new Map(
      options.meters.map((meter) => [meter.address, new Cjt188Meter(meter, now, timeZone)]),
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
    const { frames, rest } = takeFrames(joined, { headBytes: 11 })
    this.pending.set(peer, rest)
    for (const frame of frames) this.dispatch(parse(frame), peer)
  }

  private dispatch(request: Request, peer: LinePeer): void {
    this.requests += 1
    const called = [...this.meters].filter(([, meter]) => isCalled(request, meter))
    for (const [key, meter] of called) {
      const fault = this.faults.get(key)
      if (fault === 'silent') continue
      if (fault === 'reset') return peer.reset()
      const answer = fault === 'refusing' ? refusal(request, meter) : this.reply(meter, request)
      if (!answer) continue
      const frame = build(meter, answer, this.options.wakeUps ?? 3)
      // Meters that answer at once spoil each other's bytes.
      if (fault === 'garbage' || called.length > 1)
        for (let i = 3; i < frame.length; i += 3) frame[i]! ^= 0x5a
      this.later(() => peer.write(frame))
    }
  }

  private later(act: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer)
      act()
    }, this.options.replyDelayMs ?? 1)
    this.timers.add(timer)
  }

  private reply(meter: Cjt188Meter, request: Request): Pick<Request, 'control' | 'data'> | null {
    const { control, data } = request
    const head = data.slice(0, 3)
    const high = this.options.diOrder === 'lowFirst' ? 1 : 0
    const di = [data[high] ?? 0, data[1 - high] ?? 0].map((byte) => byte.toString(16).padStart(2, '0')).join('').toUpperCase() // prettier-ignore
    const done = { control: control | 0x80, data: head }
    if (control === 0x03) return di === '810A' ? done : null
    if (control === 0x01) {
      const value = meter.read(di)
      return value ? { ...done, data: [...head, ...value] } : null
    }
    if (control !== 0x04 && control !== 0x15) return null
    if (!meter.write(di, data.slice(3))) return refusal(request, meter)
    return control === 0x04 ? { ...done, data: [...head, ...meter.status()] } : done
  }
}

function parse(frame: Uint8Array): Request {
  return {
    meterType: frame[1]!,
    address: [...frame.subarray(2, 9)].reverse().map((byte) => byte.toString(16).padStart(2, '0')).join('').toUpperCase(), // prettier-ignore
    control: frame[9]!,
    data: [...frame.subarray(11, -2)],
  }
}

function build(meter: Cjt188Meter, answer: Pick<Request, 'control' | 'data'>, wakeUps: number): Uint8Array {
  const address = Array.from({ length: 7 }, (_, i) =>
    parseInt(meter.address.slice(12 - 2 * i, 14 - 2 * i), 16),
  )
  return closeFrame([0x68, meter.meterType, ...address, answer.control, answer.data.length, ...answer.data], wakeUps) // prettier-ignore
}

function isCalled(request: Request, meter: Cjt188Meter): boolean {
  const sameType = request.meterType === 0xaa || request.meterType === meter.meterType
  return sameType && (request.address === 'AA'.repeat(7) || request.address === meter.address)
}

/** C1H with the serial number and the status word. */
function refusal(request: Request, meter: Cjt188Meter): Pick<Request, 'control' | 'data'> {
  return { control: request.control | 0xc0, data: [request.data[2] ?? 0, ...meter.status()] }
}
