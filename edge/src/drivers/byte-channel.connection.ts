/**
 * Requests and replies on a line of bytes that has no frames of its own, such as RS-485. What belongs to an earlier
 * request must never answer the next: the line is drained and silent before each request, and after every failure that
 * leaves it unknown what is still on its way, it is drained for longer (serial) or made anew (TCP).
 */
import { AppError } from '@courtyard/protocols/contract'
import type { Clock } from '../clock.ts'
import { errorCodes, type ErrorCode } from '../errors.ts'
import { characterMs, type LineTransport } from './byte-channel.ts'
import { openLink, type ByteLink } from './byte-channel.link.ts'
import type { ConnectTcp } from './driver.ts'

export interface ByteChannelOptions {
  readonly line: LineTransport
  readonly clock: Clock
  readonly connectTcp: ConnectTcp
  /** From the end of sending to the first byte of the reply; also the limit for connecting. */
  readonly timeoutMs: number
  /** Silence on the line before a request, since the last byte in either direction. */
  readonly quietMs: number
  /** Past the timeout: silence inside a reply after which nothing more will come. */
  readonly interByteMs?: number
}

export interface ExchangeOptions {
  readonly timeoutMs?: number
}

export interface ByteReply<T> {
  readonly reply: T
  /** Instant at which the reply was complete. */
  readonly atMs: number
  readonly latencyMs: number
}

/** The first wait after a failed opening; doubles up to the last. Meanwhile requests fail at once. */
const REOPEN_MS = { first: 500, last: 10_000 }
/** Converters and busy hosts cut replies into pieces; meters of DL/T 645 may pause for 500 ms between bytes. */
const INTER_BYTE_MS = 500
/** No reply of any protocol here is longer; more is a line that babbles. */
const MAX_REPLY_BYTES = 2048
/** A line that is not silent for this long after a failure has somebody on it that never stops. */
const MAX_DRAIN_MS = 2_000
/** For a line whose speed is not known, how long a reply may take that keeps coming. */
const MAX_REPLY_MS = 10_000
/** A process that was held up has not listened: what the system holds by then is still taken. */
const LAST_LOOK_MS = 5

export class ByteChannel {
  private readonly options: ByteChannelOptions
  private readonly characterMs: number
  private readonly interByteMs: number
  private link: ByteLink | null = null
  private opening: Promise<ByteLink> | null = null
  private closing: Promise<void> = Promise.resolve()
  private stopped = false
  private busy = false
  private trusted = true
  private received: Uint8Array = new Uint8Array(0)
  private lastByteAtMs = -Infinity
  private wake: (() => void) | null = null
  private reopenDelayMs = 0
  private reopenNotBeforeMs = -Infinity
  private endReason = 'not connected'

  constructor(options: ByteChannelOptions) {
    this.options = options
    this.characterMs = characterMs(options.line) ?? 0
    this.interByteMs = options.interByteMs ?? INTER_BYTE_MS
  }

  get connected(): boolean {
    return this.link !== null
  }

  /**
   * Sends a request and collects bytes until `accept`, which gets all that came since, returns something else than null.
   * What it throws ends the exchange: `edge.request_refused` is the device's own answer and passes, any other AppError
   * becomes `edge.reply_invalid`. One exchange at a time; the caller queues.
   * @throws AppError `edge.bus_disconnected`, `edge.request_timeout`, `edge.reply_invalid` (details.bytes, hexadecimal).
   * With `details.sent` the request may have reached a device; without, it surely has not.
   */
  exchange<T>(
    request: Uint8Array,
    accept: (received: Uint8Array) => T | null,
    { timeoutMs = this.options.timeoutMs }: ExchangeOptions = {},
  ): Promise<ByteReply<T>> {
    return this.alone(async (link) => {
      const { clock } = this.options
      const sentAtMs = clock.monotonicMs()
      this.write(link, request)
      const reply = await this.collect(link, accept, timeoutMs)
      return { reply, atMs: clock.nowMs(), latencyMs: clock.monotonicMs() - sentAtMs }
    })
  }

  /**
   * Sends what nobody answers, and resolves when it is on the wire.
   * @throws AppError `edge.bus_disconnected`, `edge.reply_invalid` when the line never falls silent.
   */
  send(request: Uint8Array): Promise<void> {
    return this.alone(async (link) => {
      this.write(link, request)
      await this.waitUntil(this.lastByteAtMs, link)
    })
  }

  /** Ends an exchange under way as disconnected and frees the port. */
  async stop(): Promise<void> {
    this.stopped = true
    this.drop(this.link, 'the bus is stopped')
    await this.opening?.catch(() => {})
    await this.closing
  }

  private async alone<T>(work: (link: ByteLink) => Promise<T>): Promise<T> {
    if (this.busy) throw new Error('an exchange is under way on this line')
    this.busy = true
    try {
      const link = this.link ?? (await this.open())
      try {
        await this.silence(link)
        return await work(link)
      } catch (error) {
        this.distrust(link, error)
        throw error
      }
    } finally {
      this.busy = false
    }
  }

  private distrust(link: ByteLink, error: unknown): void {
    if (error instanceof AppError && error.code === errorCodes.requestRefused) return
    this.trusted = false
    if (this.options.line.type === 'tcp') this.drop(link, error instanceof Error ? error.message : 'failed')
  }

  /** Waits for the silent interval and throws away what came before it. */
  private async silence(link: ByteLink): Promise<void> {
    const { clock, quietMs } = this.options
    const giveUpAtMs = clock.monotonicMs() + MAX_DRAIN_MS
    const neededMs = this.trusted ? quietMs : Math.max(quietMs, this.interByteMs / 4)
    if (!this.trusted) this.lastByteAtMs = Math.max(this.lastByteAtMs, clock.monotonicMs())
    do {
      await link.discard()
      await this.waitUntil(this.lastByteAtMs + neededMs, link)
      if (clock.monotonicMs() > giveUpAtMs) {
        throw new AppError(errorCodes.replyInvalid, 'the line does not fall silent')
      }
    } while (clock.monotonicMs() < this.lastByteAtMs + neededMs)
    this.received = new Uint8Array(0)
    this.trusted = true
  }

  private write(link: ByteLink, request: Uint8Array): void {
    link.write(request)
    this.lastByteAtMs = this.options.clock.monotonicMs() + request.length * this.characterMs
  }

  private async collect<T>(
    link: ByteLink,
    accept: (received: Uint8Array) => T | null,
    timeoutMs: number,
  ): Promise<T> {
    const { clock } = this.options
    const sentByMs = this.lastByteAtMs
    const endAtMs = sentByMs + timeoutMs + this.interByteMs + this.longestReplyMs()
    let seen = 0
    let lastLook = false
    for (;;) {
      if (this.link !== link) throw this.failure(errorCodes.busDisconnected, this.endReason)
      if (this.received.length > seen) {
        seen = this.received.length
        const reply = this.accepted(accept)
        if (reply !== null) return reply
        if (seen > MAX_REPLY_BYTES) throw this.replyInvalid(`${seen} bytes and no end`)
      }
      // Noise or somebody's late reply takes nothing of the time that the device has.
      const silentAtMs = Math.max(sentByMs + timeoutMs, seen === 0 ? 0 : this.lastByteAtMs + this.interByteMs)
      const waitMs = Math.min(silentAtMs, endAtMs) - clock.monotonicMs()
      if (waitMs <= 0 && lastLook) throw this.noReply(seen, timeoutMs)
      lastLook = waitMs <= 0
      await this.news(lastLook ? LAST_LOOK_MS : waitMs)
    }
  }

  private accepted<T>(accept: (received: Uint8Array) => T | null): T | null {
    try {
      return accept(this.received)
    } catch (error) {
      const isOurs = error instanceof AppError
      if (!isOurs || error.code === errorCodes.requestRefused || error.code === errorCodes.replyInvalid)
        throw error
      throw this.replyInvalid(error.message, error)
    }
  }

  private longestReplyMs(): number {
    return this.characterMs === 0 ? MAX_REPLY_MS : MAX_REPLY_BYTES * this.characterMs
  }

  private noReply(seen: number, timeoutMs: number): AppError {
    if (seen > 0) return this.replyInvalid(`${seen} bytes that are no reply`)
    return this.failure(errorCodes.requestTimeout, `no reply within ${timeoutMs} ms`)
  }

  private replyInvalid(message: string, cause?: unknown): AppError {
    const bytes = Buffer.from(this.received.subarray(0, 300)).toString('hex')
    return new AppError(errorCodes.replyInvalid, message, { cause, details: { bytes, sent: true } })
  }

  private failure(code: ErrorCode, message: string): AppError {
    return new AppError(code, message, { details: { sent: true } })
  }

  /** Resolves when bytes came, when the line ended, or after `ms`. */
  private async news(ms: number): Promise<void> {
    const abort = new AbortController()
    this.wake = () => abort.abort()
    await this.options.clock.sleep(Math.max(0, ms), abort.signal)
    this.wake = null
  }

  /** Until an instant of the monotonic clock. @throws AppError `edge.bus_disconnected` when the line ends meanwhile. */
  private async waitUntil(atMs: number, link: ByteLink): Promise<void> {
    const { clock } = this.options
    while (this.link === link && clock.monotonicMs() < atMs) await this.news(atMs - clock.monotonicMs())
    if (this.link !== link) throw new AppError(errorCodes.busDisconnected, this.endReason)
  }

  private async open(): Promise<ByteLink> {
    const { clock } = this.options
    if (this.stopped) throw new AppError(errorCodes.busDisconnected, 'the bus is stopped')
    if (clock.monotonicMs() < this.reopenNotBeforeMs) {
      throw new AppError(errorCodes.busDisconnected, this.endReason)
    }
    this.opening = this.openOnce()
    try {
      const link = await this.opening
      this.reopenDelayMs = 0
      return link
    } catch (error) {
      const { first, last } = REOPEN_MS
      this.reopenDelayMs = Math.min(last, Math.max(first, this.reopenDelayMs * 2))
      this.reopenNotBeforeMs = clock.monotonicMs() + this.reopenDelayMs
      this.endReason = error instanceof Error ? error.message : String(error)
      throw error
    } finally {
      this.opening = null
    }
  }

  private async openOnce(): Promise<ByteLink> {
    const { line, connectTcp, timeoutMs, clock } = this.options
    // The old port keeps its lock until it is closed.
    await this.closing
    const events = {
      onBytes: (chunk: Uint8Array) => this.take(chunk),
      onEnd: (reason: string) => this.drop(this.link, reason),
    }
    const link = await openLink(line, connectTcp, timeoutMs, events)
    if (this.stopped) {
      await link.close()
      throw new AppError(errorCodes.busDisconnected, 'the bus is stopped')
    }
    this.link = link
    this.received = new Uint8Array(0)
    this.lastByteAtMs = clock.monotonicMs()
    this.trusted = true
    return link
  }

  private take(chunk: Uint8Array): void {
    this.lastByteAtMs = Math.max(this.lastByteAtMs, this.options.clock.monotonicMs())
    // While nobody collects, what comes only matters as the end of silence.
    if (this.received.length <= MAX_REPLY_BYTES) this.received = Buffer.concat([this.received, chunk])
    this.wake?.()
  }

  private drop(link: ByteLink | null, reason: string): void {
    if (link === null || this.link !== link) return
    this.link = null
    this.endReason = reason
    this.closing = link.close()
    this.wake?.()
  }
}
