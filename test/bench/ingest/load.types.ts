export interface LoadGateway {
  readonly id: string
  readonly mqttUrl: string
  readonly password: string
}

/** What the load process is to do. */
export interface LoadPlan {
  readonly gateways: readonly LoadGateway[]
  /** Point keys of each gateway, as in its catalogue. */
  readonly pointKeys: readonly string[]
  readonly scale: number
  readonly batchesPerGateway: number
  /** Polls of all points that one batch holds. */
  readonly pollsPerBatch: number
  readonly pollMs: number
  /** Instant of the first poll. */
  readonly fromMs: number
  /** Batches sent and not acknowledged, per gateway. */
  readonly inFlight: number
  /** Readings per second of all gateways together; null: as fast as the hub acknowledges. */
  readonly readingsPerSecond: number | null
}

export interface LoadResult {
  readonly seconds: number
  readonly readings: number
  readonly batches: number
  readonly payloadBytes: number
  /** From publish to the acknowledgement that follows the commit. */
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  readonly notCommitted: number
}

export type ToLoad = { kind: 'plan'; plan: LoadPlan } | { kind: 'go' }
export type FromLoad = { kind: 'ready' } | { kind: 'done'; result: LoadResult }
