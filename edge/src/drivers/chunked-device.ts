/**
 * One device whose values are asked for by name, several in one request, and which answers or refuses each of them
 * (BACnet objects, SNMP variables). How many fit into one request is learned per device.
 */
import { AppError, Quality, type Reading } from '@courtyard/protocols/contract'
import type { Decimal } from '@courtyard/protocols/decimal'
import type { Clock } from '../clock.ts'
import { errorCodes } from '../errors.ts'
import type { DeviceFailure, PollOutcome } from './driver.ts'
import { emptyReading, readingOf, scaled, type DriverPoint } from './points.ts'

/** What the device said about one point. `doubt`: there is a value, and the device itself calls it doubtful. */
export type PointAnswer =
  | { readonly value: Decimal; readonly doubt?: string }
  | { readonly refused: string }
  | { readonly invalid: string }

export interface ChunkReply {
  /** By key of the point; a point that is missing has no valid answer. */
  readonly answers: ReadonlyMap<string, PointAnswer>
  readonly requests: number
  /** Time of the last reply. */
  readonly atMs: number
  readonly latencyMs: number
}

/** The device can't put that many values into one reply; asked again with fewer. */
export class ReplyTooLong extends Error {}

export interface ChunkedPoint extends DriverPoint {
  readonly factor: string
  readonly offset: string
}

export interface ChunkedDeviceOptions<Point extends ChunkedPoint> {
  readonly points: readonly Point[]
  readonly maxPoints: number
  /**
   * @throws ReplyTooLong when there is more than one point
   * @throws AppError `edge.request_timeout`, `edge.reply_invalid`, `edge.bus_disconnected`: the device as a whole
   */
  readonly read: (points: readonly Point[]) => Promise<ChunkReply>
  readonly clock: Clock
}

interface Progress {
  readonly readings: Map<string, Reading>
  requests: number
  errors: number
  latencyMs: number | null
  failure: DeviceFailure | null
  message: string | null
}

export class ChunkedDevice<Point extends ChunkedPoint> {
  private readonly options: ChunkedDeviceOptions<Point>
  private chunkSize: number

  constructor(options: ChunkedDeviceOptions<Point>) {
    this.options = options
    this.chunkSize = options.maxPoints
  }

  /** Values in one request, as far as it is known now. */
  get pointsPerRequest(): number {
    return this.chunkSize
  }

  async poll(group: string): Promise<PollOutcome> {
    const points = this.options.points.filter((point) => point.group === group)
    const progress = newProgress()
    for (let from = 0; from < points.length && !progress.failure;) {
      const chunk = points.slice(from, from + this.chunkSize)
      if (await this.ask(chunk, progress)) from += chunk.length
    }
    const atMs = this.options.clock.nowMs()
    const missing = progress.failure?.quality ?? Quality.invalid
    const readings = points.map(
      (point) => progress.readings.get(point.key) ?? emptyReading(point, atMs, missing),
    )
    return outcomeOf(progress, readings)
  }

  /** Asks for one value that the profile does not call optional. */
  async probe(): Promise<PollOutcome> {
    const { points } = this.options
    const progress = newProgress()
    await this.ask([points.find((point) => !point.optional) ?? points[0]!], progress)
    return outcomeOf(progress, [])
  }

  /** Reads one point now. @throws AppError as `read`, and `edge.request_refused` */
  async readPoint(key: string): Promise<Reading> {
    const point = this.options.points.find((candidate) => candidate.key === key)
    if (!point) throw new RangeError(`no point ${key}`)
    const { answers, atMs } = await this.options.read([point])
    const answer = answers.get(key)
    if (answer && 'refused' in answer)
      throw new AppError(errorCodes.requestRefused, `${key}: ${answer.refused}`)
    return readingFrom(point, answer, atMs)
  }

  emptyReadings(quality: Quality): Reading[] {
    const atMs = this.options.clock.nowMs()
    return this.options.points.map((point) => emptyReading(point, atMs, quality))
  }

  /** False: to be asked again with fewer points. */
  private async ask(points: readonly Point[], progress: Progress): Promise<boolean> {
    try {
      const reply = await this.options.read(points)
      progress.requests += reply.requests
      progress.latencyMs = reply.latencyMs
      for (const point of points) this.take(point, reply, progress)
    } catch (error) {
      progress.requests += 1
      if (error instanceof ReplyTooLong && points.length > 1) {
        this.chunkSize = Math.ceil(points.length / 2)
        return false
      }
      if (!(error instanceof AppError)) throw error
      progress.errors += 1
      progress.failure = { quality: qualityOf(error), message: error.message }
      progress.message = error.message
    }
    return true
  }

  private take(point: Point, reply: ChunkReply, progress: Progress): void {
    const answer = reply.answers.get(point.key)
    progress.readings.set(point.key, readingFrom(point, answer, reply.atMs))
    const wrong = trouble(answer)
    // What some firmware lacks is no fault of the device.
    if (wrong === null || (point.optional && answer && 'refused' in answer)) return
    if (!answer || !('value' in answer)) progress.errors += 1
    progress.message ??= `${point.key}: ${wrong}`
  }
}

function trouble(answer: PointAnswer | undefined): string | null {
  if (!answer) return 'missing in the reply'
  if ('refused' in answer) return answer.refused
  return 'invalid' in answer ? answer.invalid : (answer.doubt ?? null)
}

function readingFrom(point: ChunkedPoint, answer: PointAnswer | undefined, atMs: number): Reading {
  if (answer && 'refused' in answer) return emptyReading(point, atMs, Quality.refused)
  if (!answer || !('value' in answer)) return emptyReading(point, atMs, Quality.invalid)
  const reading = readingOf(point, scaled(answer.value, point), atMs)
  const isDoubtful = answer.doubt !== undefined && reading.quality === Quality.good
  return isDoubtful ? { ...reading, quality: Quality.uncertain } : reading
}

function newProgress(): Progress {
  return { readings: new Map(), requests: 0, errors: 0, latencyMs: null, failure: null, message: null }
}

function outcomeOf(progress: Progress, readings: readonly Reading[]): PollOutcome {
  const { requests, errors, latencyMs, failure, message } = progress
  return { readings, requests, errors, latencyMs, failure, message }
}

function qualityOf(error: AppError): Quality {
  if (error.code === errorCodes.requestTimeout) return Quality.timeout
  return error.code === errorCodes.replyInvalid ? Quality.invalid : Quality.disconnected
}
