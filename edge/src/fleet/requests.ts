/** Questions of the hub and their answers: each within a time limit, a few at once, answered once or not at all. */
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import {
  AppError,
  TELEMETRY_VERSION,
  type GatewayRequest,
  type RequestMessage,
  type RequestResult,
  type ResponseMessage,
} from '@courtyard/protocols/contract'
import type { SiteConfig, SiteDevice } from '../config/index.ts'
import type { Emission, FoundDevice } from '../drivers/driver.ts'
import { errorCodes } from '../errors.ts'
import type { LogRing } from '../log-ring.ts'
import type { Logger } from '../log.ts'
import type { Polling } from '../polling/index.ts'
import type { ConfigSource } from './config-source.ts'
import { readPicture } from './pictures.ts'
import { probeDevice } from './probe.ts'

export interface RequestsOptions {
  readonly source: ConfigSource
  readonly ring: LogRing
  readonly logger: Logger
  readonly running: () => SiteConfig
  readonly polling: () => Pick<Polling, 'exclusive' | 'lend'>
  readonly offer: (emission: Emission) => Promise<void>
  readonly publish: (response: ResponseMessage) => void
  readonly limitsMs?: Partial<typeof LIMITS_MS>
}

/** The hub gives up a little later than this. */
const LIMITS_MS = { log: 5_000, validate: 20_000, probe: 30_000, scan: 180_000, picture: 10_000 }
/** More than a person has open; a scan holds a bus, so that each bus has one at most. */
const MAX_AT_ONCE = 4
/** A tail of the log is no longer than this as JSON: it has to pass the broker. */
const MAX_LOG_BYTES = 400_000
const MAX_FOUND = 500

export class Requests {
  private readonly options: RequestsOptions
  private readonly running = new Set<string>()
  private readonly scanning = new Set<string>()
  private readonly abort = new AbortController()

  constructor(options: RequestsOptions) {
    this.options = options
  }

  stop(): void {
    this.abort.abort()
  }

  handle({ id, request }: RequestMessage): void {
    // Delivered twice, it is the same request.
    if (this.running.has(id)) return
    if (this.running.size >= MAX_AT_ONCE) {
      const words = `${MAX_AT_ONCE} requests are being answered; try again in a moment`
      return this.respond(id, new AppError(errorCodes.requestBusy, words))
    }
    this.running.add(id)
    void this.answer(request)
      .then(
        (result) => this.respond(id, null, result),
        (error: unknown) => this.respond(id, error),
      )
      .finally(() => this.running.delete(id))
  }

  /** A request that this agent does not know. */
  refuseUnreadable(json: unknown, reason: string): void {
    const id = (json as { id?: unknown } | null)?.id
    if (typeof id !== 'string' || id.length > 100) return
    this.respond(id, new AppError(errorCodes.requestFailed, `this agent does not understand the request: ${reason}`)) // prettier-ignore
  }

  private async answer(request: GatewayRequest): Promise<unknown> {
    const limitMs = this.options.limitsMs?.[request.kind] ?? LIMITS_MS[request.kind]
    const end = new AbortController()
    const signal = AbortSignal.any([end.signal, this.abort.signal])
    const tooLong = delay(limitMs, null, { signal, ref: false }).then(
      () => {
        throw new AppError(errorCodes.requestTooLong, `no answer within ${Math.round(limitMs / 1000)} seconds`)
      },
      () => new Promise<never>(() => {}),
    )
    try {
      return await Promise.race([this.run(request, signal, limitMs), tooLong])
    } finally {
      end.abort()
    }
  }

  private run(request: GatewayRequest, signal: AbortSignal, limitMs: number): Promise<unknown> {
    switch (request.kind) {
      case 'log':
        return Promise.resolve(this.log(request.lines, request.level))
      case 'validate':
        return Promise.resolve(this.validate(request.config))
      case 'probe':
        return this.probe(request.device)
      case 'scan':
        return this.scan(request.bus, signal, limitMs)
      case 'picture':
        return readPicture(join(this.options.running().gateway.dataDir, 'drivers'), request.key)
    }
  }

  private log(count: number, level: Extract<GatewayRequest, { kind: 'log' }>['level']): RequestResult<'log'> {
    let lines = this.options.ring.tail(count, level)
    while (lines.length > 0 && JSON.stringify(lines).length > MAX_LOG_BYTES) {
      lines = lines.slice(Math.ceil(lines.length / 4))
    }
    return { lines }
  }

  private validate(config: Extract<GatewayRequest, { kind: 'validate' }>['config']): RequestResult<'validate'> {
    const { source, running } = this.options
    // A revision is needed to name the configuration in messages; this one never runs.
    const { issues = [] } = source.check(config, running(), '00000000-0000-4000-8000-000000000000')
    return { issues }
  }

  private async probe(key: string): Promise<RequestResult<'probe'>> {
    const device = this.options.running().buses.flatMap((bus) => bus.devices).find((each) => each.key === key)
    if (!device) throw new AppError(errorCodes.notHere, `there is no device "${key}" in the configuration that runs`)
    const { answered: _answered, ...result } = await this.probeInQueue(device)
    return result
  }

  private probeInQueue(device: SiteDevice) {
    const { polling, offer, logger } = this.options
    // Readings go to the table only: the next poll brings them to the hub in their own time.
    const keep = ({ events = [], checkpoint }: Emission): Promise<void> =>
      events.length === 0 && !checkpoint ? Promise.resolve() : offer({ events, ...(checkpoint ? { checkpoint } : {}) })
    return polling().exclusive(device.key, (driver) =>
      probeDevice(driver, device, keep).catch((error: unknown) => {
        logger.error({ err: error, device: device.key }, 'the probe of a device failed')
        throw error
      }),
    )
  }

  /** Takes the bus away from its driver; polling goes on whatever happens, that is `lend`'s care. */
  private async scan(key: string, signal: AbortSignal, limitMs: number): Promise<RequestResult<'scan'>> {
    const bus = this.options.running().buses.find((each) => each.key === key)
    if (!bus) throw new AppError(errorCodes.notHere, `there is no bus "${key}" in the configuration that runs`)
    const { definition } = bus
    if (!definition.scan) throw new AppError(errorCodes.requestFailed, `driver ${definition.id} cannot look for devices`)
    if (this.scanning.has(key)) throw new AppError(errorCodes.requestBusy, `bus "${key}" is being scanned already`)
    this.scanning.add(key)
    const found: FoundDevice[] = []
    // What was found in time is an answer; the bus is given back in time as well.
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(limitMs * 0.8)])
    try {
      await this.options.polling().lend(key, (_bus, context, stopped) =>
        definition.scan!(context, (each) => void (found.length < MAX_FOUND && found.push(each)), AbortSignal.any([inTime, stopped])),
      )
    } finally {
      this.scanning.delete(key)
    }
    return { found: found.map(({ address, text, profile }) => ({ address, text, profile })) }
  }

  private respond(id: string, error: unknown, result: unknown = null): void {
    if (!error) return this.options.publish({ v: TELEMETRY_VERSION, id, error: null, result })
    if (!(error instanceof AppError)) this.options.logger.error({ err: error }, 'a request of the hub failed')
    const code = error instanceof AppError ? error.code : errorCodes.requestFailed
    const message = error instanceof Error ? error.message : 'it failed'
    this.options.publish({ v: TELEMETRY_VERSION, id, error: { code, message }, result: null })
  }
} // prettier-ignore
