/** One device: its points, where they are in the server, reading them, and what is reported about them. */
import { AppError, Quality, type Reading } from '@courtyard/protocols/contract'
import type { DataValue } from 'node-opcua-client'
import type { Clock } from '../../clock.ts'
import { errorCodes } from '../../errors.ts'
import type { DeviceFailure, DriverDevice, PollOutcome } from '../driver.ts'
import { emptyReading, pointsWith } from '../points.ts'
import { resolveNodes, resolveRoot, type FoundNode } from './node-resolver.ts'
import type { OpcuaAddress } from './opcua.config.ts'
import type { OpcuaSession, ReadReply } from './opcua.session.ts'
import { behindRead, changeTime } from './opcua.times.ts'
import { fingerprint, readingFrom } from './opcua.values.ts'
import { PointWatch } from './point-watch.ts'

export type DevicePoint = ReturnType<typeof pointsWith<'opcua'>>[number] & {
  readonly watch: PointWatch
  readonly isRegister: boolean
}

interface Places {
  readonly session: OpcuaSession
  readonly root: string
  readonly nodes: ReadonlyMap<string, FoundNode>
}

export interface OpcuaDeviceOptions {
  readonly device: DriverDevice<OpcuaAddress>
  readonly clock: Clock
  readonly rereadIntervals: number
  /** A read showed that the subscription of this interval does not report any more. */
  readonly onDead: (intervalMs: number) => void
}

export class OpcuaDevice {
  readonly device: DriverDevice<OpcuaAddress>
  readonly points: readonly DevicePoint[]
  private readonly options: OpcuaDeviceOptions
  private readonly troubles = new Map<string, string>()
  private places: Places | null = null

  constructor(options: OpcuaDeviceOptions) {
    const { key, profile } = options.device
    this.options = options
    this.device = options.device
    const kinds = new Map(profile.points.map((point) => [point.key, point.kind]))
    this.points = pointsWith(key, profile, 'opcua').map((point) => ({
      ...point,
      watch: new PointWatch(),
      isRegister: kinds.get(point.key) === 'register',
    }))
  }

  intervalOf(group: string): number {
    return this.device.intervals?.[group] ?? this.device.profile.groups[group]?.intervalMs ?? 60_000
  }

  /** Where root and points are, learned once per session. @throws AppError as `resolveRoot` */
  async locate(session: OpcuaSession): Promise<Places> {
    if (this.places?.session === session) return this.places
    for (const point of this.points) point.watch.reset()
    const root = await resolveRoot(session, this.device.address)
    const found = await resolveNodes(
      session,
      root,
      this.points.map(({ source }) => source),
    )
    const nodes = new Map(this.points.map((point, index) => [point.key, found[index]!]))
    return (this.places = { session, root, nodes })
  }

  /**
   * Registers are read each time, so that bills rest on values of known instants; of the rest what the server has not
   * told for a while, or does not watch.
   */
  async poll(session: OpcuaSession, group: string): Promise<PollOutcome> {
    const intervalMs = this.intervalOf(group)
    const nowMs = this.options.clock.monotonicMs()
    const { nodes } = await this.locate(session)
    const staleAfterMs = intervalMs * this.options.rereadIntervals - intervalMs / 2
    const due = this.points.filter(
      (point) => point.group === group && (point.isRegister || point.watch.isDue(nowMs, staleAfterMs)),
    )
    const reply = await this.ask(session, due, nodes)
    return this.outcome(due, nodes, reply, intervalMs)
  }

  /** Reads one value that the profile does not call optional. */
  async probe(session: OpcuaSession): Promise<PollOutcome> {
    const { nodes } = await this.locate(session)
    const one = [this.points.find((point) => !point.optional) ?? this.points[0]!]
    const reply = await this.ask(session, one, nodes)
    return { ...this.outcome(one, nodes, reply, Infinity), readings: [] }
  }

  /** Reads one point now. @throws AppError as `OpcuaSession.read`, `edge.request_refused` */
  async readPoint(session: OpcuaSession, key: string): Promise<Reading> {
    const point = this.points.find((each) => each.key === key)
    const { nodes } = await this.locate(session)
    const node = nodes.get(key)
    if (!point || !node || 'missing' in node)
      throw new AppError(errorCodes.requestRefused, `the server has no ${key}`)
    const { values, repliedMs } = await session.read([node.nodeId])
    const { reading, trouble } = readingFrom(point, values[0]!, repliedMs)
    if (reading.quality === Quality.refused)
      throw new AppError(errorCodes.requestRefused, `${key}: ${trouble}`)
    return reading
  }

  /** The reading of a report, by the gateway's clock. */
  report(point: DevicePoint, value: DataValue, session: OpcuaSession, heldBackMs: number): Reading {
    const { clock } = this.options
    point.watch.noteReport(fingerprint(value), clock.monotonicMs())
    const sourceMs = value.sourceTimestamp?.getTime() ?? value.serverTimestamp?.getTime() ?? null
    const atMs = changeTime(sourceMs, clock.nowMs(), session.serverAheadMs, heldBackMs)
    const { reading, trouble } = readingFrom(point, value, behindRead(atMs, point.watch.lastRead))
    this.noteTrouble(point, trouble)
    return reading
  }

  failed({ quality, message }: DeviceFailure, group: string | null): PollOutcome {
    const atMs = this.options.clock.nowMs()
    const points = this.points.filter((point) => point.group === group)
    const readings = points.map((point) => emptyReading(point, atMs, quality))
    return { readings, requests: 1, errors: 1, latencyMs: null, failure: { quality, message }, message }
  }

  emptyReadings(quality: Quality): Reading[] {
    const atMs = this.options.clock.nowMs()
    return this.points.map((point) => emptyReading(point, atMs, quality))
  }

  private async ask(
    session: OpcuaSession,
    points: readonly DevicePoint[],
    nodes: Places['nodes'],
  ): Promise<ReadReply | null> {
    const ids = points.flatMap(({ key }) => {
      const node = nodes.get(key)
      return node && 'nodeId' in node ? [node.nodeId] : []
    })
    return ids.length === 0 ? null : session.read(ids)
  }

  private outcome(
    points: readonly DevicePoint[],
    nodes: Places['nodes'],
    reply: ReadReply | null,
    intervalMs: number,
  ): PollOutcome {
    const { clock } = this.options
    const atMs = reply?.repliedMs ?? clock.nowMs()
    const values = (reply?.values ?? []).values()
    const readings: Reading[] = []
    let isDead = false
    for (const point of points) {
      const node = nodes.get(point.key)!
      const value = 'nodeId' in node ? values.next().value! : null
      const { reading, trouble } = value
        ? readingFrom(point, value, atMs)
        : {
            reading: emptyReading(point, atMs, Quality.refused),
            trouble: 'missing' in node ? node.missing : null,
          }
      readings.push(reading)
      this.noteTrouble(point, point.optional && reading.quality === Quality.refused ? null : trouble)
      if (!value || !reply) continue
      point.watch.lastRead = reply
      if (!point.isRegister && point.watch.noteRead(fingerprint(value), clock.monotonicMs(), intervalMs * 2))
        isDead = true
    }
    if (isDead) this.options.onDead(intervalMs)
    const asked = readings.filter((_, index) => !points[index]!.optional)
    const failure = wholeFailure(asked, this.troubles.values().next().value)
    const errors = failure ? 1 : asked.filter(({ quality }) => quality > Quality.uncertain).length
    const message = failure?.message ?? this.trouble()
    return {
      readings,
      requests: reply?.requests ?? 0,
      errors,
      latencyMs: reply?.latencyMs ?? null,
      failure,
      message,
    }
  }

  private noteTrouble({ key }: DevicePoint, trouble: string | null): void {
    if (trouble === null) this.troubles.delete(key)
    else this.troubles.set(key, `${key}: ${trouble}`)
  }

  private trouble(): string | null {
    return this.troubles.values().next().value ?? null
  }
}

/** All that was asked is gone in the same way: it is the device, not a point. A refusal is an answer. */
function wholeFailure(readings: readonly Reading[], message: string | undefined): DeviceFailure | null {
  const [first] = readings
  if (!first || first.quality <= Quality.uncertain || first.quality === Quality.refused) return null
  if (readings.some(({ quality }) => quality !== first.quality)) return null
  return { quality: first.quality, message: message ?? 'no value' }
} // prettier-ignore
