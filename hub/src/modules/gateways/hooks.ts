/** What other modules may hang onto. Listeners belong to one hub. */
import type { PoolClient } from 'pg'
import type { Hub } from '../../platform/module.ts'
import type { Reason } from '../../platform/reasons/reason.ts'

export interface CatalogueChange {
  readonly gatewayId: string
  readonly projectId: string
  readonly revision: string
}

/**
 * Runs inside the transaction that stores the catalogue: when it throws, nothing is stored and the gateway
 * will send it again.
 */
export type CatalogueListener = (client: PoolClient, change: CatalogueChange) => Promise<void>

export interface RefusedMessage {
  readonly gatewayId: string
  readonly projectId: string
  readonly topic: string
  readonly code: string
  readonly reason: Reason
  readonly payload: Uint8Array
}
/** Keeps a message that made no sense; rejects when it could not. */
export type RefusedMessageListener = (message: RefusedMessage) => Promise<void>

/**
 * Takes one kind of message of gateways. The gateway may be unknown or revoked where the broker is the operator's.
 * Rejects when the message can't be kept now; the gateway sends it again.
 * @returns whether it made sense; what didn't goes to the quarantine
 */
export type MessageTaker = (gatewayId: string, json: unknown) => Promise<boolean>

/** A gateway has come, or is back. Runs after it was marked as online; failures are logged. */
export type ArrivalListener = (gatewayId: string) => Promise<void>

interface Hooks {
  readonly catalogueStored: Set<CatalogueListener>
  /** Runs after the commit, in the process that stored it. */
  readonly catalogueCommitted: Set<(change: CatalogueChange) => void>
  readonly messageRefused: Set<RefusedMessageListener>
  /** By the last part of the topic. */
  readonly messageTakers: Map<string, MessageTaker>
  readonly arrived: Set<ArrivalListener>
}

const hooks = new WeakMap<Hub['db'], Hooks>()

/** @internal of the gateways module */
export function hooksOf(hub: Pick<Hub, 'db'>): Hooks {
  let mine = hooks.get(hub.db)
  if (!mine) {
    mine = {
      catalogueStored: new Set(),
      catalogueCommitted: new Set(),
      messageRefused: new Set(),
      messageTakers: new Map(),
      arrived: new Set(),
    }
    hooks.set(hub.db, mine)
  }
  return mine
}

/** Call it in `start`, in every process. @returns ends it */
export function onCatalogueStored(hub: Pick<Hub, 'db'>, listener: CatalogueListener): () => void {
  return added(hooksOf(hub).catalogueStored, listener)
}

export function onCatalogueCommitted(
  hub: Pick<Hub, 'db'>,
  listener: (change: CatalogueChange) => void,
): () => void {
  return added(hooksOf(hub).catalogueCommitted, listener)
}

export function onMessageRefused(hub: Pick<Hub, 'db'>, listener: RefusedMessageListener): () => void {
  return added(hooksOf(hub).messageRefused, listener)
}

/** One taker per kind, the last part of a topic `…/up/<kind>`. Call it in `start`, with the role `ingest`. */
export function takeMessages(hub: Pick<Hub, 'db'>, kind: string, taker: MessageTaker): () => void {
  const { messageTakers } = hooksOf(hub)
  if (messageTakers.has(kind)) throw new Error(`messages of kind ${kind} are taken already`)
  messageTakers.set(kind, taker)
  return () => void messageTakers.delete(kind)
}

/** In the process that took the gateway's presence message. */
export function onArrived(hub: Pick<Hub, 'db'>, listener: ArrivalListener): () => void {
  return added(hooksOf(hub).arrived, listener)
}

function added<T>(set: Set<T>, listener: T): () => void {
  set.add(listener)
  return () => void set.delete(listener)
}
