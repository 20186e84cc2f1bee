export interface GatewayPlan {
  readonly folder: string
  readonly hours: number
  readonly mqttPort: number
  readonly gatewayId: string
  readonly password: string
  /** `uplink.backlogReadingsPerSecond`. */
  readonly readingsPerSecond: number
  readonly maxBytes: number
}

/** What the gateway's process says. */
export type FromGateway =
  | {
      readonly kind: 'written'
      readonly startMs: number
      readonly endMs: number
      readonly readings: number
      readonly batches: number
      readonly seconds: number
      readonly bytes: number
      readonly fileBytes: number
      readonly rssBytes: number
      /** One transaction per batch, the same bytes, nothing else, per second. */
      readonly plainInsertsPerSecond: number
    }
  | { readonly kind: 'live'; readonly atMs: number; readonly clockMs: number }
  | { readonly kind: 'caughtUp' }
  | {
      readonly kind: 'done'
      readonly accepted: number
      readonly dropped: number
      readonly maxRssBytes: number
      readonly fileBytes: number
    }
