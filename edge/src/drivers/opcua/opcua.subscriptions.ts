/**
 * Subscriptions of one session: one per interval, with the values of all devices in it. One per value would cost the
 * server and us far more (node-opcua issue 195).
 */
import type { ClientMonitoredItemGroup, ClientSubscription, DataValue } from 'node-opcua-client'
import type { Logger } from '../../log.ts'
import { firstLine } from './opcua.failures.ts'
import type { OpcuaSession } from './opcua.session.ts'

/** The server says that it is alive, when there is nothing else to say, about this often. */
const SIGN_OF_LIFE_MS = 10_000
/** It forgets us after so many of our signs of life that fail to come (at least 3 by OPC 10000-4, 5.14.2). */
const LIFETIME_IN_SIGNS = 6

export interface MonitoredNode {
  readonly nodeId: string
  /** The server reports it from now on. */
  readonly onAccepted: () => void
  /** It is watched no more. */
  readonly onReset: () => void
  readonly onChange: (value: DataValue) => void
}

export class OpcuaSubscription {
  readonly intervalMs: number
  private readonly session: OpcuaSession
  private readonly logger: Logger
  private readonly nodes: readonly MonitoredNode[]
  private raw: ClientSubscription | null = null

  constructor(session: OpcuaSession, intervalMs: number, nodes: readonly MonitoredNode[], logger: Logger) {
    this.session = session
    this.intervalMs = intervalMs
    this.nodes = nodes
    this.logger = logger
  }

  /** Begins. Nodes that the server does not want to watch are never accepted. @throws AppError as `OpcuaSession.call` */
  async begin(): Promise<void> {
    const { library } = this.session
    const signEvery = Math.max(1, Math.round(SIGN_OF_LIFE_MS / this.intervalMs))
    const raw = await this.session.call((session) => session.createSubscription2({
      requestedPublishingInterval: this.intervalMs,
      requestedMaxKeepAliveCount: signEvery,
      requestedLifetimeCount: signEvery * LIFETIME_IN_SIGNS,
      maxNotificationsPerPublish: 0,
      publishingEnabled: true,
      priority: 0,
    }))
    this.raw = raw
    raw.on('internal_error', (error) => this.logger.debug({ err: error }, 'a subscription has trouble'))
    const { monitor } = this.session.limits
    for (let from = 0; from < this.nodes.length; from += monitor) {
      await this.watch(library.ClientMonitoredItemGroup, raw, this.nodes.slice(from, from + monitor))
    }
  }

  /** What the server made of the interval. */
  get publishingMs(): number {
    return Math.max(this.intervalMs, this.raw?.publishingInterval ?? 0)
  }

  /** Ends it; a server that does not answer forgets it by itself. */
  async end(): Promise<void> {
    const { raw } = this
    this.raw = null
    for (const node of this.nodes) node.onReset()
    if (raw) await this.session.call(() => raw.terminate()).catch((error: unknown) => this.logger.debug({ reason: firstLine(error) }, 'a subscription could not be ended'))
  }

  private async watch(
    { create }: typeof ClientMonitoredItemGroup,
    raw: ClientSubscription,
    nodes: readonly MonitoredNode[],
  ): Promise<void> {
    const { AttributeIds, TimestampsToReturn } = this.session.library
    const items = nodes.map(({ nodeId }) => ({ nodeId, attributeId: AttributeIds.Value }))
    // The newest value counts; what lies between two reports is what a poll would not have seen either.
    const wanted = { samplingInterval: this.intervalMs, queueSize: 1, discardOldest: true }
    const group = create(raw, items, wanted, TimestampsToReturn.Both)
    group.on('changed', (_item, value, index) => {
      if (this.raw === raw) nodes[index]?.onChange(value)
    })
    await this.session.call(() => new Promise<void>((resolve, reject) => {
      group.on('initialized', resolve)
      group.on('err', (message) => reject(new Error(message)))
    }))
    for (const [index, item] of group.monitoredItems.entries()) {
      if (item.statusCode.isBad()) this.logger.debug({ node: nodes[index]!.nodeId, status: item.statusCode.name }, 'the server does not watch this node')
      else nodes[index]!.onAccepted()
    }
  }
} // prettier-ignore
