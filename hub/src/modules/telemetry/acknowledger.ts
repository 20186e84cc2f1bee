/** Tells gateways what became of their batches: one message per gateway and group, not one per batch. */
import type { Logger } from 'pino'
import { TELEMETRY_VERSION, topics, type AckMessage } from '@courtyard/protocols/contract'
import type { Broker } from '../../platform/broker/broker.ts'
import type { BatchOutcome } from './ingest/ingest.ts'

/** Keeps a message below what small brokers take. */
const MAX_PER_MESSAGE = 500

export class Acknowledger {
  private readonly broker: Pick<Broker, 'publish'>
  private readonly log: Logger

  constructor(broker: Pick<Broker, 'publish'>, log: Logger) {
    this.broker = broker
    this.log = log
  }

  /** An acknowledgement that gets lost does no harm: the gateway sends again and learns of the duplicate. */
  acknowledge(gatewayId: string, batches: readonly BatchOutcome[]): void {
    for (let i = 0; i < batches.length; i += MAX_PER_MESSAGE) {
      const ack: AckMessage = { v: TELEMETRY_VERSION, batches: batches.slice(i, i + MAX_PER_MESSAGE) }
      this.broker
        .publish(topics.ack(gatewayId), JSON.stringify(ack), { qos: 1 })
        .catch((error: unknown) => this.log.warn({ err: error, gatewayId }, 'acknowledgement not sent'))
    }
  }
}
