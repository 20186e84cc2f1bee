/** One terminal that pushes: what it uploads, what it is told, how far it was read. */
import { createHash } from 'node:crypto'
import { Quality, type DeviceEvent, type Reading } from '@courtyard/protocols/contract'
import { optionsText, parseAttendanceLines, parseCommandResults, parseDoorLines, parseInfo, parseOperationLines, type Parsed, type PushDialect, type PushInfo } from '@courtyard/protocols/zkteco' // prettier-ignore
import type { DeviceFailure, DriverContext, DriverDevice, PollOutcome } from '../driver.ts'
import { emptyReading, pointsWith, readingOfMantissa } from '../points.ts'
import { CommandQueue } from './command-queue.ts'
import { punchEvent, unreadableEvent, type EventContext } from './events.ts'
import { SiteZone } from './local-time.ts'
import { doorLogEvent, operationAlarmEvent } from './push-events.ts'
import type { PushTransport, ZktecoAddress, ZktecoBusConfig } from './zkteco.config.ts'

export interface PushAnswer {
  readonly status: number
  readonly text: string
}

const OK: PushAnswer = { status: 200, text: 'OK\n' }
/** Seconds between a terminal's questions for commands. */
const DELAY_SECONDS = 5
/** Events that are stored at a time; an upload may hold more. */
const STORE_AT_ONCE = 1_000

interface Stamps {
  attendance: string
  operations: string
}

export class PushTerminal {
  readonly device: DriverDevice<ZktecoAddress>
  readonly commands: CommandQueue
  readonly zone: SiteZone
  private readonly context: DriverContext<ZktecoBusConfig>
  private readonly transport: PushTransport
  private readonly points
  private readonly events: EventContext
  private readonly stamps: Stamps
  /** Monotonic time of the last call; null before the first. */
  private calledAtMs: number | null = null
  private info: { readonly values: PushInfo; readonly atMs: number; given: boolean } | null = null
  private uploads: Promise<unknown> = Promise.resolve()

  constructor(
    context: DriverContext<ZktecoBusConfig>,
    transport: PushTransport,
    device: DriverDevice<ZktecoAddress>,
  ) {
    this.context = context
    this.transport = transport
    this.device = device
    this.zone = new SiteZone(context.timeZone)
    this.points = pointsWith(device.key, device.profile, 'zkteco')
    this.events = { device: device.key, profile: device.profile, zone: this.zone }
    this.commands = new CommandQueue(transport.commandWaitMs)
    this.stamps = parseStamps(context.checkpoint(device.key))
  }

  get dialect(): PushDialect {
    return this.device.profile.zkteco?.events === 'access' ? 'access' : 'attendance'
  }

  /** Notes a call, whatever it asks. */
  called(): void {
    const wasSilent = this.failure() !== null
    this.calledAtMs = this.context.clock.monotonicMs()
    if (wasSilent) this.context.noteDevice(this.device.key, null)
  }

  /** Null while it calls often enough. */
  failure(): DeviceFailure | null {
    const { silentAfterMs } = this.transport
    const silentMs = this.context.clock.monotonicMs() - (this.calledAtMs ?? -Infinity)
    if (silentMs <= silentAfterMs) return null
    const message = this.calledAtMs === null ? 'the terminal has not called yet' : `the terminal has not called for ${Math.round(silentMs / 1_000)} s` // prettier-ignore
    return { quality: Quality.timeout, message }
  }

  /** `GET cdata`: what it is to send, and from where on. */
  options(query: URLSearchParams): PushAnswer {
    const serial = this.device.address.serialNumber!
    const text = optionsText({
      serial,
      dialect: this.dialect,
      version: query.get('pushver'),
      stamps: this.stamps,
      zoneOffsetMinutes: this.zone.offsetAt(this.context.clock.nowMs()) / 60_000,
      delaySeconds: DELAY_SECONDS,
      registryCode: this.registryCode,
    })
    return { status: 200, text }
  }

  /** A name for the terminal, as access firmware wants one; no secret. */
  get registryCode(): string {
    return createHash('sha256')
      .update(`courtyard ${this.device.address.serialNumber}`)
      .digest('hex')
      .slice(0, 32)
  }

  /** `POST cdata`: answered with OK only when all of it is on the disk. One upload after the other. */
  upload(query: URLSearchParams, body: string): Promise<PushAnswer> {
    const upload = this.uploads.then(() => this.takeUpload(query, body))
    this.uploads = upload.catch(() => {})
    return upload
  }

  /** `getrequest`: commands, each handed out once. */
  fetchCommands(query: URLSearchParams): PushAnswer {
    const info = parseInfo(query.get('INFO') ?? '')
    if (info) this.info = { values: info, atMs: this.context.clock.nowMs(), given: false }
    const text = this.commands.take()
    return text === '' ? OK : { status: 200, text }
  }

  takeResults(body: string): PushAnswer {
    for (const { id, code } of parseCommandResults(body)) this.commands.settle(id, code)
    return OK
  }

  poll(group: string): PollOutcome {
    const failure = this.failure()
    const points = this.points.filter((point) => point.group === group)
    if (failure) {
      const atMs = this.context.clock.nowMs()
      const readings = points.map((point) => emptyReading(point, atMs, failure.quality))
      return { readings, requests: 0, errors: 1, latencyMs: null, failure, message: failure.message }
    }
    return {
      readings: this.latest(points),
      requests: 0,
      errors: 0,
      latencyMs: null,
      failure: null,
      message: null,
    }
  }

  emptyReadings(quality: Quality): Reading[] {
    const atMs = this.context.clock.nowMs()
    return this.points.map((point) => emptyReading(point, atMs, quality))
  }

  /** What it last told about itself, once, with the time at which it did. */
  private latest(points: typeof this.points): Reading[] {
    const { info } = this
    if (!info || info.given) return []
    info.given = true
    return points.flatMap((point) => {
      const value = (info.values as unknown as Record<string, unknown>)[point.source.field]
      return typeof value === 'number' ? [readingOfMantissa(point, value, info.atMs)] : []
    })
  }

  private async takeUpload(query: URLSearchParams, body: string): Promise<PushAnswer> {
    const table = query.get('table') ?? ''
    const stamp = query.get('Stamp') ?? query.get('stamp')
    switch (table.toLowerCase()) {
      case 'attlog':
        return this.store(table, parseAttendanceLines(body), (punch) => punchEvent(this.events, { ...punch, person: punch.user }), { attendance: stamp }) // prettier-ignore
      case 'rtlog':
        return this.store(table, parseDoorLines(body), (log) => doorLogEvent(this.events, log), {})
      case 'operlog':
        return this.store(table, parseOperationLines(body), (alarm) => operationAlarmEvent(this.events, alarm), { operations: stamp }) // prettier-ignore
      case 'tabledata':
        // Anything but the count makes the terminal send it all again.
        return { status: 200, text: `${query.get('tablename') ?? 'table'}=${query.get('count') ?? '0'}\n` }
      default:
        // Pictures, templates, options: nothing that we keep, and no reason to make the terminal try for ever.
        return OK
    }
  }

  private async store<T>(
    table: string,
    { items, bad }: Parsed<T>,
    toEvent: (item: T) => DeviceEvent | null,
    stamps: { attendance?: string | null; operations?: string | null },
  ): Promise<PushAnswer> {
    const { key } = this.device
    const atMs = this.context.clock.nowMs()
    const events = [
      ...items.map(toEvent).filter((event) => event !== null),
      ...bad.map((line) => unreadableEvent(key, table, line, hashOf(line), atMs)),
    ]
    const next = nextStamps(this.stamps, stamps)
    for (let from = 0; from < events.length || from === 0; from += STORE_AT_ONCE) {
      const last = from + STORE_AT_ONCE >= events.length
      await this.context.offer({
        events: events.slice(from, from + STORE_AT_ONCE),
        ...(last ? { checkpoint: { deviceKey: key, text: formatStamps(next) } } : {}),
      })
    }
    Object.assign(this.stamps, next)
    return { status: 200, text: `OK: ${items.length + bad.length}\n` }
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

function nextStamps(now: Stamps, told: { attendance?: string | null; operations?: string | null }): Stamps {
  const good = (stamp: string | null | undefined, before: string) =>
    /^\d{1,18}$/.test(stamp ?? '') ? stamp! : before
  return {
    attendance: good(told.attendance, now.attendance),
    operations: good(told.operations, now.operations),
  }
}

/** Stamps that were never told are 0: the terminal then sends all that it has. */
function parseStamps(text: string | null): Stamps {
  const match = /^push1 (\d+) (\d+)$/.exec(text ?? '')
  return { attendance: match?.[1] ?? '0', operations: match?.[2] ?? '0' }
}

function formatStamps({ attendance, operations }: Stamps): string {
  return `push1 ${attendance} ${operations}`
}
