/** Time limits for the library's promises, and its errors in our terms. */
import { AppError } from '@courtyard/protocols/contract'
import type { Clock } from '../../clock.ts'
import { errorCodes } from '../../errors.ts'

/** Closing politely may take this long; then the connection is simply gone. */
const BRIEFLY_MS = 200

export function disconnected(message: string, cause?: unknown): AppError {
  return new AppError(errorCodes.busDisconnected, message, { cause, details: { sent: true } })
}

/** How long anything may take, and until when at all. */
export class Patience {
  readonly clock: Clock
  readonly timeoutMs: number
  private readonly signal: AbortSignal

  constructor(clock: Clock, timeoutMs: number, signal: AbortSignal) {
    this.clock = clock
    this.timeoutMs = timeoutMs
    this.signal = signal
  }

  /** @throws AppError `edge.request_timeout`; `edge.bus_disconnected` when the bus is stopped or `over` comes first */
  async within<T>(work: Promise<T>, over?: AbortSignal, timeoutMs = this.timeoutMs): Promise<T> {
    // What comes too late is of no use, and must not be an unhandled rejection.
    work.catch(() => {})
    const done = new AbortController()
    const failed = new Promise<never>((_, reject) => {
      const refuseOn = (signal: AbortSignal | undefined, text: string) => {
        const refuse = () => reject(disconnected(text))
        if (signal?.aborted) refuse()
        signal?.addEventListener('abort', refuse, { once: true, signal: done.signal })
      }
      refuseOn(this.signal, 'the bus is stopped')
      refuseOn(over, 'the connection was lost')
      void this.clock.sleep(timeoutMs, done.signal).then(() => {
        const details = { details: { sent: true } }
        reject(new AppError(errorCodes.requestTimeout, `no reply within ${timeoutMs} ms`, details))
      })
    })
    failed.catch(() => {})
    try {
      return await Promise.race([work, failed])
    } finally {
      done.abort()
    }
  }

  /** Something that may fail or hang without anybody being hurt. */
  async briefly(work: Promise<unknown>): Promise<void> {
    const done = new AbortController()
    await Promise.race([work.catch(() => {}), this.clock.sleep(BRIEFLY_MS, done.signal)])
    done.abort()
  }
} // prettier-ignore

/** The session or its channel is of no use any more. */
const SESSION_GONE =
  /BadSession|BadSecureChannel|BadConnection|BadTcp|BadShutdown|BadServerHalted|BadNotConnected|ECONNRESET|ECONNREFUSED|EPIPE|disconnect|closed|socket|premature|no.{0,6}channel/i
const TOO_SLOW = /timed out|BadTimeout|BadRequestTimeout/i
const REFUSED =
  /Bad(UserAccessDenied|IdentityToken|TooMany|ServiceUnsupported|NotSupported|NodeId|RequestTooLarge|ResponseTooLarge|NothingToDo|SecurityMode|SecurityPolicy|Security)/

/** What went wrong in a service as a whole. */
export function serviceError(error: unknown, isAlive: boolean): AppError {
  if (error instanceof AppError) return error
  const message = firstLine(error)
  const details = { cause: error, details: { sent: true } }
  if (!isAlive || SESSION_GONE.test(message)) return new AppError(errorCodes.busDisconnected, message, details)
  if (TOO_SLOW.test(message)) return new AppError(errorCodes.requestTimeout, message, details)
  const code = REFUSED.test(message) ? errorCodes.requestRefused : errorCodes.replyInvalid
  return new AppError(code, message, details)
} // prettier-ignore

export function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.trim().split('\n')[0]!.slice(0, 300)
}
