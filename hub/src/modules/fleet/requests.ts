/**
 * Asks a gateway something and waits for its answer. The answer may arrive at another process than the one that
 * waits, so it goes through a table: in the same process it is noticed at once, in another one a moment later.
 */
import { randomUUID } from 'node:crypto'
import {
  requestResults,
  ResponseMessage,
  TELEMETRY_VERSION,
  topics,
  type GatewayRequest,
  type RequestMessage,
  type RequestResult,
} from '@courtyard/protocols/contract'
import { fail } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import type { GatewayRow } from '../gateways/index.ts'
import { answersOf, countRequests, deleteRequest, insertRequest, saveAnswer } from './requests.repository.ts'
import { fleetErrors } from './errors.ts'

const LOOK_EVERY_MS = 200
/** Questions that one gateway may be busy with. */
const MOST_AT_ONCE = 4

/** How long people wait for each kind; a scan goes through all addresses of a bus. */
const WITHIN_MS: Readonly<Record<GatewayRequest['kind'], number>> = {
  log: 10_000,
  validate: 15_000,
  probe: 30_000,
  picture: 20_000,
  scan: 180_000,
}

interface Waiting {
  readonly resolve: (answer: unknown) => void
}

export class GatewayRequests {
  private readonly hub: Hub
  private readonly waiting = new Map<string, Waiting>()
  private timer: NodeJS.Timeout | null = null
  private looking = false

  constructor(hub: Hub) {
    this.hub = hub
  }

  /**
   * @throws AppError `gateway.offline`, `gateway.busy`, `gateway.no_answer`, `gateway.request_failed` (with what the
   * gateway says), `gateway.bad_answer`
   */
  async ask<R extends GatewayRequest>(
    gateway: Pick<GatewayRow, 'id' | 'online' | 'name'>,
    request: R,
    withinMs: number = WITHIN_MS[request.kind],
  ): Promise<RequestResult<R['kind']>> {
    const { hub } = this
    const { id: gatewayId, name } = gateway
    if (!gateway.online)
      throw fail(fleetErrors.gatewayOffline, `The gateway ${name} is not connected`, { name })
    const now = hub.clock.now()
    if ((await countRequests(hub.db.pool, gatewayId, now)) >= MOST_AT_ONCE) {
      throw fail(fleetErrors.gatewayBusy, `The gateway ${name} is busy with other requests; try again soon`, {
        name,
      })
    }
    const id = randomUUID()
    await insertRequest(hub.db.pool, { id, gatewayId, expiresAt: new Date(now.getTime() + withinMs) }, now)
    try {
      const answered = this.wait(id, withinMs)
      const message: RequestMessage = { v: TELEMETRY_VERSION, id, request }
      await hub.broker.publish(topics.requestDown(gatewayId), JSON.stringify(message))
      const answer = await answered
      if (answer === null) throw noAnswer(name, withinMs)
      return resultOf<R['kind']>(request.kind, answer, name)
    } finally {
      this.waiting.delete(id)
      await deleteRequest(hub.db.pool, id).catch(() => undefined)
    }
  }

  /** Takes `up/response`; one that nobody waits for is dropped. @returns whether it made sense */
  async takeResponse(gatewayId: string, json: unknown): Promise<boolean> {
    const { success, data } = ResponseMessage.safeParse(json)
    if (!success) return false
    const { id } = data
    const kept = await saveAnswer(this.hub.db.pool, { id, gatewayId, json: data }, this.hub.clock.now())
    if (kept) this.waiting.get(id)?.resolve(data)
    return true
  }

  stop(): void {
    if (this.timer) clearInterval(this.timer)
    this.timer = null
    for (const { resolve } of this.waiting.values()) resolve(null)
  }

  /** Null: no answer in time. */
  private wait(id: string, withinMs: number): Promise<unknown> {
    this.timer ??= setInterval(() => void this.look(), LOOK_EVERY_MS)
    return new Promise((resolve) => {
      const late = setTimeout(() => resolve(null), withinMs)
      this.waiting.set(id, {
        resolve: (answer) => {
          clearTimeout(late)
          resolve(answer)
        },
      })
    })
  }

  /** Answers that other processes have taken. */
  private async look(): Promise<void> {
    if (this.looking) return
    if (this.waiting.size === 0) {
      if (this.timer) clearInterval(this.timer)
      this.timer = null
      return
    }
    this.looking = true
    try {
      for (const { id, answer } of await answersOf(this.hub.db.pool, [...this.waiting.keys()])) {
        this.waiting.get(id)?.resolve(answer)
      }
    } catch (error) {
      this.hub.log.debug({ err: error }, 'answers of gateways could not be looked for')
    } finally {
      this.looking = false
    }
  }
}

function resultOf<K extends GatewayRequest['kind']>(
  kind: K,
  answer: unknown,
  name: string,
): RequestResult<K> {
  const { error, result } = ResponseMessage.parse(answer)
  if (error) {
    const { code, message: reason } = error
    throw fail(fleetErrors.requestFailed, `The gateway ${name} could not do it: ${reason}`, { code, reason })
  }
  const parsed = requestResults[kind].safeParse(result)
  if (parsed.success) return parsed.data as RequestResult<K>
  throw fail(fleetErrors.badAnswer, `The gateway ${name} gave an answer that makes no sense`, { name })
}

function noAnswer(name: string, withinMs: number) {
  const seconds = Math.round(withinMs / 1000)
  return fail(fleetErrors.noAnswer, `The gateway ${name} did not answer within ${seconds} seconds`, {
    name,
    seconds,
  })
}
