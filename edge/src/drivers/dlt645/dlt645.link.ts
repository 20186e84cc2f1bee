/** Requests and replies of DL/T 645 on a line; long replies are put together from their parts. */
import { AppError } from '@courtyard/protocols/contract'
import {
  encodeFrame, framesIn, readNextRequest, readRequest, replyTo,
  type Dlt645Edition, type Dlt645Frame, type Dlt645Reply,
} from '@courtyard/protocols/dlt645' // prettier-ignore
import { errorCodes } from '../../errors.ts'
import { ByteChannel, type ByteReply } from '../byte-channel.connection.ts'
import type { DriverContext } from '../driver.ts'
import type { IdentifierReply } from '../meter-bus/identifier-device.ts'
import type { Dlt645BusConfig } from './dlt645.config.ts'

/** More parts than any data of the standard has: a meter that never ends. */
const MAX_PARTS = 64
/** Between bytes of a frame (5.3.2). */
const INTER_BYTE_MS = 500

type Answer = Exclude<Dlt645Reply, { kind: 'refused' }>

export class Dlt645Link {
  readonly channel: ByteChannel
  private readonly preambleBytes: number

  constructor({ bus, clock, connectTcp }: DriverContext<Dlt645BusConfig>) {
    this.preambleBytes = bus.preambleBytes
    this.channel = new ByteChannel({
      line: bus.transport,
      clock,
      connectTcp,
      timeoutMs: bus.timeoutMs,
      quietMs: bus.pauseMs,
      interByteMs: Math.min(INTER_BYTE_MS, bus.timeoutMs),
    })
  }

  /** Data of an identifier, all parts. @throws AppError like `ask`. */
  async read(edition: Dlt645Edition, address: string, di: string): Promise<IdentifierReply> {
    const parts: Uint8Array[] = []
    let request = readRequest(edition, address, di)
    for (;;) {
      const { reply, atMs, latencyMs } = await this.ask(edition, request)
      if (reply.kind !== 'data') throw new AppError(errorCodes.replyInvalid, `a reply of kind ${reply.kind}`)
      parts.push(reply.data)
      if (!reply.more) return { data: Buffer.concat(parts), atMs, latencyMs, requests: parts.length }
      if (parts.length === MAX_PARTS) throw new AppError(errorCodes.replyInvalid, `more than ${MAX_PARTS} parts`) // prettier-ignore
      request = readNextRequest(edition, address, di, parts.length)
    }
  }

  /**
   * @throws AppError `edge.request_refused` (details.error, the error word), `edge.request_timeout`,
   * `edge.reply_invalid`, `edge.bus_disconnected`
   */
  ask(edition: Dlt645Edition, request: Dlt645Frame): Promise<ByteReply<Answer>> {
    return this.channel.exchange(encodeFrame(request, this.preambleBytes), (received) => {
      for (const frame of framesIn(received)) {
        const reply = replyTo(edition, request, frame)
        if (reply?.kind === 'refused') throw refused(reply)
        if (reply) return reply
      }
      return null
    })
  }

  /** Sends what nobody answers. */
  broadcast(request: Dlt645Frame): Promise<void> {
    return this.channel.send(encodeFrame(request, this.preambleBytes))
  }
}

function refused({ error, reason }: Extract<Dlt645Reply, { kind: 'refused' }>): AppError {
  return new AppError(errorCodes.requestRefused, reason, { details: { error } })
}
