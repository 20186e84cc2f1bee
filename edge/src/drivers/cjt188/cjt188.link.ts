/** Requests and replies of CJ/T 188 on a line, numbered so that a late reply answers nothing else. */
import { AppError } from '@courtyard/protocols/contract'
import { encodeFrame, framesIn, readRequest, replyTo, type Cjt188Frame, type Cjt188Reply, type Cjt188Target } from '@courtyard/protocols/cjt188' // prettier-ignore
import { errorCodes } from '../../errors.ts'
import { ByteChannel, type ByteReply } from '../byte-channel.connection.ts'
import type { DriverContext } from '../driver.ts'
import type { IdentifierReply } from '../meter-bus/identifier-device.ts'
import type { Cjt188BusConfig } from './cjt188.config.ts'

const INTER_BYTE_MS = 500

export type Cjt188Answer = Exclude<Cjt188Reply, { kind: 'refused' }>

export class Cjt188Link {
  readonly channel: ByteChannel
  private readonly preambleBytes: number
  private serial = 0

  constructor({ bus, clock, connectTcp }: DriverContext<Cjt188BusConfig>) {
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

  /** SER of the next request. */
  nextSerial(): number {
    this.serial = (this.serial + 1) & 0xff
    return this.serial
  }

  /** Data of an identifier. @throws AppError like `ask`. */
  async read(target: Cjt188Target, di: string): Promise<IdentifierReply> {
    const { reply, atMs, latencyMs } = await this.ask(readRequest(target, di, this.nextSerial()))
    if (reply.kind !== 'data') throw new AppError(errorCodes.replyInvalid, `a reply of kind ${reply.kind}`)
    return { data: reply.data, atMs, latencyMs, requests: 1 }
  }

  /** @throws AppError `edge.request_refused`, `edge.request_timeout`, `edge.reply_invalid`, `edge.bus_disconnected` */
  ask(request: Cjt188Frame): Promise<ByteReply<Cjt188Answer>> {
    return this.channel.exchange(encodeFrame(request, this.preambleBytes), (received) => {
      for (const frame of framesIn(received)) {
        const reply = replyTo(request, frame)
        if (reply?.kind === 'refused') throw new AppError(errorCodes.requestRefused, reply.reason)
        if (reply) return reply
      }
      return null
    })
  }
}
