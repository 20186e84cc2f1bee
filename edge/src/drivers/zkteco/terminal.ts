/** One pulled terminal: its session, points, log and events. */
import { AppError, Quality, type DeviceEvent, type Reading } from '@courtyard/protocols/contract'
import { Command, decodeDoorState, decodeLiveAlarm, decodeLivePunches, decodeLiveVerify, decodeSizes, decodeTime, RealtimeEvent, type TerminalSizes, type ZkPacket } from '@courtyard/protocols/zkteco' // prettier-ignore
import { errorCodes } from '../../errors.ts'
import type { Logger } from '../../log.ts'
import type { DeviceFailure, DriverContext, DriverDevice, PollOutcome } from '../driver.ts'
import { emptyReading, pointsWith, readingOfMantissa } from '../points.ts'
import {
  AttendanceLog,
  formatLogCheckpoint,
  parseLogCheckpoint,
  type LogCheckpoint,
  type LogRecord,
} from './attendance-log.ts'
import {
  liveAlarmEvent,
  punchEvent,
  strangerEvent,
  unlockedEvent,
  unreadableEvent,
  type EventContext,
} from './events.ts'
import { disconnected } from './link.ts'
import { SiteZone } from './local-time.ts'
import { readUsers } from './people.ts'
import { ZkSession } from './session.ts'
import type { PullTransport, ZktecoAddress, ZktecoBusConfig } from './zkteco.config.ts'

/** Live events that are remembered, so that the log does not bring them to the hub once more. */
const REMEMBERED_EVENTS = 5_000
const RECONNECT = { firstMs: 1_000, lastMs: 30_000 }

interface Progress {
  requests: number
  errors: number
  latencyMs: number | null
  failure: DeviceFailure | null
  message: string | null
  readonly readings: Reading[]
  sizes: TerminalSizes | null
}

export class PulledTerminal {
  readonly device: DriverDevice<ZktecoAddress>
  readonly zone: SiteZone
  private readonly context: DriverContext<ZktecoBusConfig>
  private readonly transport: PullTransport
  private readonly logger: Logger
  private readonly points
  private readonly log: AttendanceLog
  private readonly events: EventContext
  private readonly storedLive = new Set<string>()
  private readonly abort = new AbortController()
  /** By place; only 8-byte records need it. Never forgotten: the log may name people who are gone. */
  private readonly userOfUid = new Map<number, string>()
  private session: ZkSession | null = null
  private opening: Promise<ZkSession> | null = null
  private eventQueue: Promise<void> = Promise.resolve()

  constructor(
    context: DriverContext<ZktecoBusConfig>,
    transport: PullTransport,
    device: DriverDevice<ZktecoAddress>,
  ) {
    this.context = context
    this.transport = transport
    this.device = device
    this.zone = new SiteZone(context.timeZone)
    this.logger = context.logger.child({ device: device.key })
    this.points = pointsWith(device.key, device.profile, 'zkteco')
    this.events = { device: device.key, profile: device.profile, zone: this.zone }
    this.log = new AttendanceLog({
      clock: context.clock,
      logger: this.logger,
      timeoutMs: context.bus.timeoutMs,
      checkpoint: () => parseLogCheckpoint(context.checkpoint(device.key)),
      keep: (records, checkpoint) => this.keepRecords(records, checkpoint),
    })
  }

  get connected(): boolean {
    return this.opening === null && (this.session?.alive ?? false)
  }

  /** The session, made when there is none. @throws AppError of `ZkSession.open`. */
  connect(): Promise<ZkSession> {
    if (this.abort.signal.aborted) return Promise.reject(disconnected('the bus is stopped'))
    if (!this.opening && this.session?.alive) return Promise.resolve(this.session)
    this.opening ??= this.open().finally(() => (this.opening = null))
    return this.opening
  }

  /** Keeps a session open for live events until `stop`. */
  async keepConnected(): Promise<void> {
    const { clock } = this.context
    const { signal } = this.abort
    const aborted = new Promise<void>((resolve) =>
      signal.addEventListener('abort', () => resolve(), { once: true }),
    )
    let waitMs: number = RECONNECT.firstMs
    while (!signal.aborted) {
      try {
        const session = await this.connect()
        waitMs = RECONNECT.firstMs
        await Promise.race([session.ended, aborted])
      } catch (error) {
        if (signal.aborted) return
        this.logger.debug({ err: error }, 'no session with the terminal')
        waitMs = Math.min(RECONNECT.lastMs, waitMs * 2)
      }
      await clock.sleep(waitMs, signal)
    }
  }

  async poll(group: string): Promise<PollOutcome> {
    const progress = newProgress()
    const points = this.points.filter((point) => point.group === group)
    try {
      const session = await this.connect()
      for (const point of points) progress.readings.push(await this.readPoint(session, point, progress))
      if (progress.sizes) await this.readLog(session, progress.sizes, progress)
    } catch (error) {
      this.fail(error, progress)
      const { quality } = progress.failure!
      const atMs = this.context.clock.nowMs()
      return outcome(progress, points.map((point) => emptyReading(point, atMs, quality))) // prettier-ignore
    }
    return outcome(progress, progress.readings)
  }

  async probe(): Promise<PollOutcome> {
    const progress = newProgress()
    try {
      await this.ask(await this.connect(), Command.freeSizes, progress)
    } catch (error) {
      if (!isRefusal(error)) this.fail(error, progress)
    }
    return outcome(progress, [])
  }

  emptyReadings(quality: Quality): Reading[] {
    const atMs = this.context.clock.nowMs()
    return this.points.map((point) => emptyReading(point, atMs, quality))
  }

  async stop(): Promise<void> {
    this.abort.abort()
    this.session?.close('the bus is stopped')
    await this.eventQueue
  }

  private async open(): Promise<ZkSession> {
    const { host = '', port = this.transport.port, commKey = 0 } = this.device.address
    const { timeoutMs } = this.context.bus
    const target = { transport: this.transport.type, host, port }
    if (host === '') throw disconnected('the device needs a host: its bus asks over the network')
    const session = await ZkSession.open(
      {
        target,
        commKey,
        timeoutMs,
        connectTcp: this.context.connectTcp,
        onEvent: (packet, acknowledge) => this.enqueueEvent(packet, acknowledge),
      },
      // Known before it is open, so that `stop` can end a connecting one.
      (opening) => (this.session = opening),
    )
    this.log.distrust()
    return session
  }

  private async readPoint(
    session: ZkSession,
    point: (typeof this.points)[number],
    progress: Progress,
  ): Promise<Reading> {
    try {
      const value = await this.readField(session, point.source.field, progress)
      const atMs = this.context.clock.nowMs()
      return value === null
        ? emptyReading(point, atMs, Quality.invalid)
        : readingOfMantissa(point, value, atMs)
    } catch (error) {
      if (!isRefusal(error)) throw error
      if (!point.optional) progress.message = error.message
      return emptyReading(point, this.context.clock.nowMs(), Quality.refused)
    }
  }

  private async readField(session: ZkSession, field: string, progress: Progress): Promise<number | null> {
    if (field === 'doorState')
      return decodeDoorState((await this.ask(session, Command.doorState, progress)).data)
    if (field === 'clockOffsetSeconds') {
      const { data } = await this.ask(session, Command.getTime, progress)
      return Math.round((this.instantOf(data) - this.context.clock.nowMs()) / 1_000)
    }
    progress.sizes ??= decodeSizes((await this.ask(session, Command.freeSizes, progress)).data)
    return progress.sizes[field as keyof TerminalSizes]
  }

  /** Four bytes of a time as instant. @throws AppError `edge.reply_invalid` for other lengths. */
  instantOf(data: Uint8Array): number {
    if (data.length < 4) throw new AppError(errorCodes.replyInvalid, `a time of ${data.length} bytes`)
    return this.zone.toInstant(decodeTime(new DataView(data.buffer, data.byteOffset).getUint32(0, true)))
  }

  private async ask(session: ZkSession, command: number, progress: Progress): Promise<ZkPacket> {
    const { clock } = this.context
    const sentAtMs = clock.monotonicMs()
    progress.requests += 1
    try {
      return await session.request(command, undefined, { repeat: true })
    } catch (error) {
      progress.errors += 1
      throw error
    } finally {
      if (session.alive) progress.latencyMs = clock.monotonicMs() - sentAtMs
    }
  }

  /** A log that cannot be read whole leaves the terminal's numbers as they are, and is told. */
  private async readLog(session: ZkSession, sizes: TerminalSizes, progress: Progress): Promise<void> {
    try {
      await this.log.sync(session, sizes.records)
    } catch (error) {
      if (!session.alive) throw error
      progress.errors += 1
      progress.message = `attendance log: ${error instanceof Error ? error.message : String(error)}`
      this.logger.warn({ err: error }, 'the log of the terminal was not read')
    }
  }

  private async keepRecords(records: readonly LogRecord[], checkpoint: LogCheckpoint): Promise<void> {
    const nameless = (record: LogRecord) =>
      !('unreadable' in record) && record.user === null && !this.userOfUid.has(record.uid!)
    if (records.some(nameless)) await this.learnUsers()
    const events = records.map((record) => this.eventOf(record)).filter(({ id }) => !this.storedLive.has(id))
    const text = formatLogCheckpoint(checkpoint)
    await this.context.offer({ events, checkpoint: { deviceKey: this.device.key, text } })
  }

  private eventOf(record: LogRecord): DeviceEvent {
    if ('unreadable' in record) {
      const { unreadable } = record
      return unreadableEvent(this.device.key, 'the log', unreadable, unreadable, this.context.clock.nowMs())
    }
    const place = String(record.uid ?? 0)
    const person = record.user || this.userOfUid.get(record.uid ?? 0) || place
    const workCode = record.workCode === null ? null : String(record.workCode)
    return punchEvent(this.events, { ...record, person, workCode })
  }

  private async learnUsers(): Promise<void> {
    const session = await this.connect()
    const section = this.device.profile.zkteco!
    const { users } = await readUsers(session, section, this.context.bus.timeoutMs)
    for (const { uid, user } of users) this.userOfUid.set(uid, user)
  }

  /** One after the other, so that acknowledgements come in the order of the events. */
  private enqueueEvent(packet: ZkPacket, acknowledge: () => void): void {
    const { session } = this
    this.eventQueue = this.eventQueue.then(async () => {
      try {
        const events = this.decodeEvent(packet)
        if (events.length > 0) await this.context.offer({ events })
        for (const { id } of events) this.remember(id)
        acknowledge()
      } catch (error) {
        this.logger.warn({ err: error, event: packet.sessionId }, 'a live event was not taken')
        // Not acknowledged; punches are in the log, which is read when the session is made anew.
        session?.close('a live event could not be kept')
      }
    })
  }

  private decodeEvent(packet: ZkPacket): DeviceEvent[] {
    const { key } = this.device
    const atMs = this.context.clock.nowMs()
    switch (packet.sessionId) {
      case RealtimeEvent.attendance:
        return this.decodePunches(packet)
      case RealtimeEvent.alarm:
        return [liveAlarmEvent(key, decodeLiveAlarm(packet.data), atMs)]
      case RealtimeEvent.unlock:
        return [unlockedEvent(key, atMs)]
      case RealtimeEvent.verify: {
        const stranger = decodeLiveVerify(packet.data) === null
        return stranger && this.device.profile.zkteco?.events === 'access' ? [strangerEvent(key, atMs)] : []
      }
      default:
        return []
    }
  }

  /** A form that nobody has seen is no reason to lose the session: the log has the punch too. */
  private decodePunches(packet: ZkPacket): DeviceEvent[] {
    try {
      return decodeLivePunches(packet.data).map(({ user, ...punch }) =>
        punchEvent(this.events, { ...punch, person: user, workCode: null }),
      )
    } catch (error) {
      this.logger.warn({ err: error }, 'a live punch was not understood; it will come with the log')
      return []
    }
  }

  private remember(id: string): void {
    this.storedLive.add(id)
    if (this.storedLive.size > REMEMBERED_EVENTS)
      this.storedLive.delete(this.storedLive.values().next().value!)
  }

  private fail(error: unknown, progress: Progress): void {
    const message = error instanceof Error ? error.message : String(error)
    progress.message = message
    progress.errors = Math.max(1, progress.errors)
    progress.failure = { quality: qualityOf(error), message }
  }
}

function newProgress(): Progress {
  return { requests: 0, errors: 0, latencyMs: null, failure: null, message: null, readings: [], sizes: null }
}

function outcome(
  { requests, errors, latencyMs, failure, message }: Progress,
  readings: readonly Reading[],
): PollOutcome {
  return { readings, requests, errors, latencyMs, failure, message }
}

export function isRefusal(error: unknown): error is AppError {
  return error instanceof AppError && error.code === errorCodes.requestRefused
}

function qualityOf(error: unknown): Quality {
  const code = error instanceof AppError ? error.code : ''
  if (code === errorCodes.requestTimeout) return Quality.timeout
  if (code === errorCodes.requestRefused) return Quality.refused
  return code === errorCodes.replyInvalid || code.startsWith('zkteco.')
    ? Quality.invalid
    : Quality.disconnected
}
