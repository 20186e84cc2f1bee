/** One device: reads objects, several at once where its stack can. */
import type { Clock } from '../../clock.ts'
import { ReplyTooLong, type ChunkReply, type PointAnswer } from '../chunked-device.ts'
import { answerOf, STATUS_FLAGS, type BacnetPoint } from './bacnet.points.ts'
import {
  BacnetAbort,
  BacnetRefusal,
  type BacnetSession,
  type Datum,
  type PropertyResult,
} from './bacnet.session.ts'

/** Reject reason unrecognized-service (clause 18.9); as an abort: out of resources. */
const UNRECOGNIZED_SERVICE = 9

export class BacnetDevice {
  private readonly session: BacnetSession
  private readonly clock: Clock
  private readsSingly: boolean
  /** Objects that have no statusFlags. */
  private readonly withoutFlags = new Set<string>()

  constructor(session: BacnetSession, clock: Clock, readsSingly: boolean) {
    this.session = session
    this.clock = clock
    this.readsSingly = readsSingly
  }

  /** @throws ReplyTooLong, AppError as `BacnetSession.readOne` */
  async read(points: readonly BacnetPoint[]): Promise<ChunkReply> {
    if (this.readsSingly) return this.readSingly(points)
    try {
      return await this.readAtOnce(points)
    } catch (error) {
      if (error instanceof BacnetAbort) {
        if (error.reason === UNRECOGNIZED_SERVICE) this.readsSingly = true
        // No room for the reply, or no segmentation: fewer at once.
        else if (points.length > 1) throw new ReplyTooLong(error.message)
        return this.readSingly(points)
      }
      // Some stacks refuse the whole request because of one object.
      if (error instanceof BacnetRefusal) return this.readSingly(points)
      throw error
    }
  }

  private async readAtOnce(points: readonly BacnetPoint[]): Promise<ChunkReply> {
    const wanted = points.map(({ object, property, hasFlags }) => ({ object, properties: hasFlags ? [property, STATUS_FLAGS] : [property] })) // prettier-ignore
    const { content, requests, atMs, latencyMs } = await this.session.readMany(wanted)
    const answers = new Map<string, PointAnswer>()
    for (const point of points) {
      const data = dataOf(content, point, point.property)
      if (data) answers.set(point.key, answerOf(data, dataOf(content, point, STATUS_FLAGS)))
    }
    return { answers, requests, atMs, latencyMs }
  }

  private async readSingly(points: readonly BacnetPoint[]): Promise<ChunkReply> {
    const answers = new Map<string, PointAnswer>()
    let requests = 0
    let last = { atMs: this.clock.nowMs(), latencyMs: 0 }
    const ask = async (point: BacnetPoint, property: number): Promise<readonly Datum[] | string> => {
      try {
        const reply = await this.session.readOne(point.object, property)
        requests += reply.requests
        last = reply
        return reply.content
      } catch (error) {
        requests += 1
        if (error instanceof BacnetRefusal || error instanceof BacnetAbort) return error.message
        throw error
      }
    }
    for (const point of points) {
      const data = await ask(point, point.property)
      if (typeof data === 'string') answers.set(point.key, { refused: data })
      else answers.set(point.key, answerOf(data, await this.flagsOf(point, ask)))
    }
    return { answers, requests, atMs: last.atMs, latencyMs: last.latencyMs }
  }

  private async flagsOf(
    point: BacnetPoint,
    ask: (point: BacnetPoint, property: number) => Promise<readonly Datum[] | string>,
  ): Promise<readonly Datum[] | undefined> {
    if (!point.hasFlags || this.withoutFlags.has(point.key)) return undefined
    const flags = await ask(point, STATUS_FLAGS)
    if (typeof flags !== 'string') return flags
    this.withoutFlags.add(point.key)
    return undefined
  }
}

function dataOf(results: readonly PropertyResult[], { object }: BacnetPoint, property: number) {
  const { type, instance } = object
  return results.find((result) => result.property === property && result.object.type === type && result.object.instance === instance)?.data // prettier-ignore
}
