/**
 * Who is there: presence messages and wills, connections of the own broker, and silence. Statuses are collected
 * and written together every two seconds, however often they come: losing one loses nothing.
 */
import { PresenceMessage, StatusMessage } from '@courtyard/protocols/contract'
import type { PoolClient } from 'pg'
import type { Hub } from '../../platform/module.ts'
import { hooksOf } from './hooks.ts'
import {
  setGatewayOffline,
  setOnline,
  setSilentOffline,
  storeStatuses,
  type GatewayStatus,
  type TouchedGateway,
} from './gateways.repository.ts'
import { emitTurned } from './webhook-events.ts'

const WRITE_EVERY_MS = 2_000
const LOOK_FOR_SILENCE_EVERY_MS = 10_000
/** Agents send their status every few seconds. */
export const SILENCE_MS = 30_000

export class PresenceService {
  private readonly hub: Hub
  private waiting = new Map<string, GatewayStatus>()
  private readonly timers: NodeJS.Timeout[] = []
  private writing: Promise<void> = Promise.resolve()

  constructor(hub: Hub) {
    this.hub = hub
  }

  start(): void {
    this.timers.push(
      setInterval(() => void this.writeStatuses(), WRITE_EVERY_MS),
      setInterval(() => void this.markSilent(), LOOK_FOR_SILENCE_EVERY_MS),
    )
  }

  async stop(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer)
    await this.writeStatuses()
  }

  /** @returns whether the message made sense */
  takeStatus(gatewayId: string, json: unknown): boolean {
    const { success, data } = StatusMessage.safeParse(json)
    if (success) this.waiting.set(gatewayId, { gatewayId, status: data, receivedAt: this.hub.clock.now() })
    return success
  }

  /** @returns whether the message made sense */
  async takePresence(gatewayId: string, json: unknown): Promise<boolean> {
    const { success, data } = PresenceMessage.safeParse(json)
    if (!success) return false
    if (data.online) {
      this.announce(await this.store(true, (client, now) => setOnline(client, gatewayId, now)))
      for (const listener of hooksOf(this.hub).arrived) {
        await listener(gatewayId).catch((error: unknown) =>
          this.hub.log.warn({ err: error, gatewayId }, 'something for an arriving gateway failed'),
        )
      }
    } else await this.disconnected(gatewayId)
    return true
  }

  async disconnected(gatewayId: string): Promise<void> {
    this.waiting.delete(gatewayId)
    this.announce(await this.store(false, (client) => setGatewayOffline(client, gatewayId)))
  }

  /** Writes what waits, now; one write at a time. */
  writeStatuses(): Promise<void> {
    this.writing = this.writing.then(() => this.writeNow())
    return this.writing
  }

  /** Gateways of which nothing was heard for too long. */
  async markSilent(): Promise<void> {
    const silentSince = new Date(this.hub.clock.now().getTime() - SILENCE_MS)
    await this.guard('marking silent gateways', () =>
      this.store(false, (client) => setSilentOffline(client, silentSince)),
    )
  }

  private async writeNow(): Promise<void> {
    const statuses = [...this.waiting.values()]
    if (statuses.length === 0) return
    this.waiting = new Map()
    const write = (some: readonly GatewayStatus[]) =>
      this.store(true, (client) => storeStatuses(client, some))
    try {
      this.announce(await write(statuses))
    } catch {
      // One of them may hold what the database can't keep: the others shall not suffer
      for (const status of statuses) await this.guard('writing a status', () => write([status]))
    }
  }

  /** With what other systems are told of gateways that came or went. */
  private store(
    online: boolean,
    work: (client: PoolClient, now: Date) => Promise<TouchedGateway[]>,
  ): Promise<TouchedGateway[]> {
    return this.hub.db.transaction(async (client) => {
      const now = this.hub.clock.now()
      const touched = await work(client, now)
      await emitTurned(client, now, online, touched)
      return touched
    })
  }

  /** The next status or round makes up for one that failed. */
  private async guard(what: string, work: () => Promise<TouchedGateway[]>): Promise<void> {
    try {
      this.announce(await work())
    } catch (error) {
      this.hub.log.warn({ err: error }, `${what} failed`)
    }
  }

  private announce(gateways: readonly TouchedGateway[]): void {
    const byProject = Map.groupBy(gateways, (gateway) => gateway.projectId)
    for (const [projectId, members] of byProject) {
      this.hub.live.publish('gateways', { gatewayIds: members.map(({ id }) => id) }, { projectId })
    }
  }
}
