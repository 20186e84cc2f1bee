/**
 * One unit on a bus: its plan, and what its refusals teach. A merged request that is refused is taken apart for
 * good, and an optional point that this firmware lacks is no longer asked for, but only when the unit
 * demonstrably answers other requests: a meter that refuses everything for a while must not lose its plan.
 */
import { AppError, Quality, type Reading } from '@courtyard/protocols/contract'
import type { DeviceProfile } from '@courtyard/protocols/profile'
import { errorCodes } from '../../errors.ts'
import type { Clock } from '../../clock.ts'
import type { Logger } from '../../log.ts'
import type { DeviceFailure, DriverDevice, PollOutcome } from '../driver.ts'
import type { ModbusAddress } from './modbus.config.ts'
import type { ModbusConnection } from './modbus.connection.ts'
import { emptyReading } from '../points.ts'
import { formsOf, preparePoints, readPoint, type Block, type ModbusPoint } from './modbus.points.ts'
import { planRequests, splitRequest, type PlanLimits, type ReadRequest } from './plan.ts'

/** Exceptions that speak about the registers asked for (Modbus Application Protocol 1.1b3, 7). */
const REGISTER_EXCEPTIONS = [1, 2, 3]
/** Exceptions by which a gateway says that the unit behind it is not there. */
const GATEWAY_PATH_UNAVAILABLE = 10
const GATEWAY_TARGET_SILENT = 11
/** After taking a request apart was of no use, it is left whole this long. */
const SPLIT_AGAIN_AFTER_MS = 10 * 60_000

/** What one poll gathers while its requests go out. */
interface Progress {
  readonly blocks: Block[]
  readonly refused: Set<string>
  requests: number
  errors: number
  latencyMs: number | null
  failure: DeviceFailure | null
  message: string | null
}

export class ModbusDevice {
  private readonly device: DriverDevice<ModbusAddress>
  private readonly connection: ModbusConnection
  private readonly clock: Clock
  private readonly logger: Logger
  private readonly limits: PlanLimits
  private points: readonly ModbusPoint[]
  private readonly pointsOfGroup = new Map<string, readonly ModbusPoint[]>()
  private readonly plans: Map<string, readonly ReadRequest[]>
  private readonly wholeUntilMs = new WeakMap<ReadRequest, number>()

  constructor(
    device: DriverDevice<ModbusAddress>,
    connection: ModbusConnection,
    clock: Clock,
    logger: Logger,
  ) {
    this.device = device
    this.connection = connection
    this.clock = clock
    this.logger = logger
    const { maxRegisters = 125, holeLimit = 8 } = device.profile.modbus ?? {}
    this.limits = { maxRegisters: Math.min(maxRegisters, device.address.maxRegisters ?? 125), holeLimit }
    this.points = preparePoints(device.key, device.profile)
    this.plans = new Map(plansOf(device.profile, this.limits))
    this.groupPoints()
  }

  async poll(group: string): Promise<PollOutcome> {
    const progress = newProgress()
    const plan: ReadRequest[] = []
    for (const request of this.plans.get(group) ?? []) {
      plan.push(...(progress.failure ? [request] : await this.ask(request, progress)))
    }
    if (!progress.failure) await this.learn(group, plan, progress)
    return this.outcome(this.readingsOf(group, progress), progress)
  }

  /** Asks for the smallest field that the profile does not call optional. */
  async probe(): Promise<PollOutcome> {
    const progress = newProgress()
    await this.send(this.probeRequest(), progress)
    return this.outcome([], progress)
  }

  emptyReadings(quality: Quality): Reading[] {
    const atMs = this.clock.nowMs()
    return this.points.map((point) => emptyReading(point, atMs, quality))
  }

  private probeRequest(): ReadRequest {
    const sorted = [...this.points].sort((a, b) => Number(a.form.optional) - Number(b.form.optional))
    const field = sorted[0]!.form.fields[0]!
    return { function: field.function, address: field.address, count: field.width, fields: [field] }
  }

  /** Sends a request, and its parts when it is refused. Returns what should stand in the plan in its place. */
  private async ask(request: ReadRequest, progress: Progress): Promise<ReadRequest[]> {
    const earlier = { message: progress.message, refused: progress.refused.size }
    const exception = await this.send(request, progress)
    if (exception === null) return [request]
    const parts = this.mayTakeApart(request, exception) ? splitRequest(request, this.limits) : []
    if (parts.length === 0) {
      for (const field of request.fields) progress.refused.add(field.point)
      return [request]
    }
    const before = progress.blocks.length
    const smaller: ReadRequest[] = []
    for (const part of parts) smaller.push(...(progress.failure ? [part] : await this.ask(part, progress)))
    // All that was wanted came in parts: nothing is wrong with the unit.
    const whole = progress.failure === null && progress.refused.size === earlier.refused
    if (whole) progress.message = earlier.message
    if (progress.blocks.length > before) return smaller
    this.wholeUntilMs.set(request, this.clock.monotonicMs() + SPLIT_AGAIN_AFTER_MS)
    return [request]
  }

  private mayTakeApart(request: ReadRequest, exception: number): boolean {
    return (
      REGISTER_EXCEPTIONS.includes(exception) &&
      this.clock.monotonicMs() >= (this.wholeUntilMs.get(request) ?? -Infinity)
    )
  }

  /** Sends one request. Returns the exception code of a refusal; null when it was answered or the unit failed. */
  private async send(request: ReadRequest, progress: Progress): Promise<number | null> {
    progress.requests += 1
    try {
      const reply = await this.connection.read(this.device.address.unitId, request)
      progress.blocks.push({ request, reply })
      progress.latencyMs = reply.latencyMs
      return null
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      progress.errors += 1
      progress.message = error.message
      const quality = failureQuality(error)
      if (quality === null) return Number(error.details['exception'])
      progress.failure = { quality, message: error.message }
      return null
    }
  }

  /** Keeps the plan that worked, without the optional points that were refused. */
  private async learn(group: string, plan: readonly ReadRequest[], progress: Progress): Promise<void> {
    const before = this.plans.get(group) ?? []
    const isSame = plan.length === before.length && plan.every((request, i) => request === before[i])
    if (isSame && progress.refused.size === 0) return
    const unsupported = this.points.filter(({ form }) => form.optional && progress.refused.has(form.key))
    if (unsupported.length > 0 && (await this.answersOtherwise(progress))) {
      for (const { form } of unsupported) {
        progress.refused.delete(form.key)
        this.logger.info(
          { device: this.device.key, point: form.key },
          'optional point refused; no longer polled',
        )
      }
      this.points = this.points.filter((point) => !unsupported.includes(point))
      this.groupPoints()
      if (progress.refused.size === 0) progress.message = null
    }
    const known = new Set(this.points.map(({ form }) => form.key))
    this.plans.set(
      group,
      plan.filter((request) => request.fields.some((field) => known.has(field.point))),
    )
  }

  private async answersOtherwise(progress: Progress): Promise<boolean> {
    if (progress.blocks.length > 0) return true
    const probe = newProgress()
    await this.send(this.probeRequest(), probe)
    progress.requests += 1
    return probe.blocks.length > 0
  }

  private readingsOf(group: string, progress: Progress): Reading[] {
    const atMs = this.clock.nowMs()
    const missing = progress.failure?.quality ?? Quality.refused
    return (this.pointsOfGroup.get(group) ?? []).map(
      (point) =>
        readPoint(point, progress.blocks) ?? emptyReading(point, atMs, qualityOf(point, progress, missing)),
    )
  }

  private groupPoints(): void {
    this.pointsOfGroup.clear()
    const groups = Map.groupBy(this.points, ({ form }) => form.group)
    for (const [group, points] of groups) this.pointsOfGroup.set(group, points)
  }

  private outcome(readings: Reading[], progress: Progress): PollOutcome {
    const { requests, errors, latencyMs, failure, message } = progress
    return { readings, requests, errors, latencyMs, failure, message }
  }
}

/** Requests by group. */
type Plans = ReadonlyMap<string, readonly ReadRequest[]>

/** By profile and registers in one request. */
const firstPlans = new WeakMap<DeviceProfile, Map<number, Plans>>()

/** What is asked for at first; the same for all devices of a profile. */
function plansOf(profile: DeviceProfile, limits: PlanLimits): Plans {
  const byCap = firstPlans.get(profile) ?? new Map<number, Plans>()
  firstPlans.set(profile, byCap)
  const plans = byCap.get(limits.maxRegisters) ?? planGroups(profile, limits)
  byCap.set(limits.maxRegisters, plans)
  return plans
}

function planGroups(profile: DeviceProfile, limits: PlanLimits): Plans {
  const groups = Map.groupBy(formsOf(profile), ({ group }) => group)
  const fieldsOf = (group: string) => groups.get(group)!.flatMap(({ fields }) => fields)
  return new Map([...groups.keys()].map((group) => [group, planRequests(fieldsOf(group), limits)]))
}

function newProgress(): Progress {
  return {
    blocks: [],
    refused: new Set(),
    requests: 0,
    errors: 0,
    latencyMs: null,
    failure: null,
    message: null,
  }
}

function qualityOf(point: ModbusPoint, progress: Progress, missing: Quality): Quality {
  return progress.refused.has(point.form.key) ? Quality.refused : missing
}

/** The quality that a failed unit gives its points; null when only this request was refused. */
function failureQuality(error: AppError): Quality | null {
  switch (error.code) {
    case errorCodes.requestTimeout:
      return Quality.timeout
    case errorCodes.replyInvalid:
      return Quality.invalid
    case errorCodes.requestRefused:
      if (error.details['exception'] === GATEWAY_TARGET_SILENT) return Quality.timeout
      return error.details['exception'] === GATEWAY_PATH_UNAVAILABLE ? Quality.disconnected : null
    default:
      return Quality.disconnected
  }
}
