/** Tells gateways what became of their batches: one message per gateway and group, not one per batch. */
import type { Logger } from 'pino'
import type { Hub } from '../../platform/module.ts'
import { acknowledge } from '../gateways/index.ts'
import type { BatchOutcome } from './ingest/ingest.ts'

/** Keeps a message below what small brokers take. */
const MAX_PER_MESSAGE = 500

export class Acknowledger {
  private readonly hub: Pick<Hub, 'broker' | 'clock'>
  private readonly log: Logger

  constructor(hub: Pick<Hub, 'broker' | 'clock'>, log: Logger) {
    this.hub = hub
    this.log = log
  }

  /** Does not wait for the broker. */
  acknowledge(gatewayId: string, batches: readonly BatchOutcome[]): void {
    for (let i = 0; i < batches.length; i += MAX_PER_MESSAGE) {
      acknowledge(this.hub, gatewayId, { batches: batches.slice(i, i + MAX_PER_MESSAGE) }).catch(
        (error: unknown) => this.log.warn({ err: error, gatewayId }, 'acknowledgement not sent'),
      )
    }
  }
}
