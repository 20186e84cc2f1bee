/**
 * One meter that is read by data identifiers (DL/T 645, CJ/T 188): each identifier is asked for once per poll,
 * whatever number of points is in its reply. An optional identifier that this firmware lacks is no longer asked for,
 * but only when the meter demonstrably answers others.
 */
import { AppError, Quality, type Reading } from '@courtyard/protocols/contract'
import type { Clock } from '../../clock.ts'
import { errorCodes } from '../../errors.ts'
import type { Logger } from '../../log.ts'
import type { DeviceFailure, PollOutcome } from '../driver.ts'
import { emptyReading, type DriverPoint } from '../points.ts'

export interface IdentifierPoint extends DriverPoint {
  readonly di: string
  /** The reading out of the data of the identifier, and why there is no value. Never throws. */
  decode(this: void, data: Uint8Array, atMs: number): { readonly reading: Reading; readonly invalid?: string }
}

export interface IdentifierReply {
  readonly data: Uint8Array
  readonly atMs: number
  readonly latencyMs: number
  /** Frames that were asked for. */
  readonly requests: number
}

export interface IdentifierDeviceOptions {
  readonly key: string
  readonly points: readonly IdentifierPoint[]
  /** @throws AppError `edge.request_refused`, `edge.request_timeout`, `edge.reply_invalid`, `edge.bus_disconnected` */
  readonly read: (di: string) => Promise<IdentifierReply>
  readonly clock: Clock
  readonly logger: Logger
}

interface Progress {
  readonly replies: Map<string, IdentifierReply>
  readonly refused: Set<string>
  requests: number
  errors: number
  latencyMs: number | null
  failure: DeviceFailure | null
  message: string | null
}

export class IdentifierDevice {
  private readonly options: IdentifierDeviceOptions
  private points: readonly IdentifierPoint[]

  constructor(options: IdentifierDeviceOptions) {
    this.options = options
    this.points = options.points
  }

  async poll(group: string): Promise<PollOutcome> {
    const progress = newProgress()
    for (const di of identifiersOf(this.points.filter((point) => point.group === group))) {
      if (!progress.failure) await this.ask(di, progress)
    }
    if (!progress.failure && progress.refused.size > 0) await this.forgetUnsupported(progress)
    return outcome(this.readingsOf(group, progress), progress)
  }

  /** Asks for the first identifier that the profile does not call optional. */
  async probe(): Promise<PollOutcome> {
    const progress = newProgress()
    await this.ask(this.probeIdentifier(), progress)
    return outcome([], progress)
  }

  /** Reads one point now. @throws AppError like `read`. */
  async readPoint(key: string): Promise<Reading> {
    const point = this.options.points.find((candidate) => candidate.key === key)
    if (!point) throw new RangeError(`no point ${key}`)
    const reply = await this.options.read(point.di)
    return point.decode(reply.data, reply.atMs).reading
  }

  emptyReadings(quality: Quality): Reading[] {
    const atMs = this.options.clock.nowMs()
    return this.points.map((point) => emptyReading(point, atMs, quality))
  }

  private probeIdentifier(): string {
    const points = this.options.points
    return (points.find((point) => !point.optional) ?? points[0]!).di
  }

  private async ask(di: string, progress: Progress): Promise<void> {
    try {
      const reply = await this.options.read(di)
      progress.requests += reply.requests
      progress.replies.set(di, reply)
      progress.latencyMs = reply.latencyMs
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      progress.requests += 1
      progress.errors += 1
      progress.message = `${di}: ${error.message}`
      const quality = failureQuality(error)
      if (quality === null) progress.refused.add(di)
      else progress.failure = { quality, message: error.message }
    }
  }

  private async forgetUnsupported(progress: Progress): Promise<void> {
    const known = (di: string) => this.points.some((point) => point.di === di && !point.optional)
    const unsupported = [...progress.refused].filter((di) => !known(di))
    if (unsupported.length === 0 || !(await this.answersOtherwise(progress))) return
    for (const di of unsupported) {
      progress.refused.delete(di)
      this.options.logger.info({ device: this.options.key, di }, 'optional data refused; no longer polled')
    }
    this.points = this.points.filter((point) => !unsupported.includes(point.di))
    if (progress.refused.size === 0) progress.message = null
  }

  private async answersOtherwise(progress: Progress): Promise<boolean> {
    if (progress.replies.size > 0) return true
    const probe = newProgress()
    await this.ask(this.probeIdentifier(), probe)
    progress.requests += probe.requests
    return probe.replies.size > 0
  }

  private readingsOf(group: string, progress: Progress): Reading[] {
    const atMs = this.options.clock.nowMs()
    const missing = progress.failure?.quality ?? Quality.refused
    return this.points
      .filter((point) => point.group === group)
      .map((point) => {
        const reply = progress.replies.get(point.di)
        if (!reply)
          return emptyReading(point, atMs, progress.refused.has(point.di) ? Quality.refused : missing)
        const { reading, invalid } = point.decode(reply.data, reply.atMs)
        if (invalid !== undefined) progress.message ??= `${point.key}: ${invalid}`
        return reading
      })
  }
}

function identifiersOf(points: readonly IdentifierPoint[]): Set<string> {
  return new Set(points.map((point) => point.di))
}

function newProgress(): Progress {
  return { replies: new Map(), refused: new Set(), requests: 0, errors: 0, latencyMs: null, failure: null, message: null } // prettier-ignore
}

function outcome(readings: Reading[], progress: Progress): PollOutcome {
  const { requests, errors, latencyMs, failure, message } = progress
  return { readings, requests, errors, latencyMs, failure, message }
}

/** The quality that a failed meter gives its points; null when only this identifier was refused. */
function failureQuality(error: AppError): Quality | null {
  switch (error.code) {
    case errorCodes.requestRefused:
      return null
    case errorCodes.requestTimeout:
      return Quality.timeout
    case errorCodes.replyInvalid:
      return Quality.invalid
    default:
      return Quality.disconnected
  }
}
