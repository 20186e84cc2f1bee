/**
 * Confirmed requests to one device. Each device has a client of the library of its own, which hears that device only:
 * a client takes any reply with the right number, whoever sent it, and one lost segment would spoil all later ones.
 */
import {
  ASN1_ARRAY_ALL,
  type ApplicationTag,
  type BACNetAddress,
  type BACNetAppData,
  type BACNetObjectID,
} from '@bacnet-js/client'
import { AppError } from '@courtyard/protocols/contract'
import type { Clock } from '../../clock.ts'
import { errorCodes } from '../../errors.ts'
import { BacnetClient } from './client.ts'
import { ClientPort, type BacnetSocket } from './bacnet.socket.ts'

/** An error of the device about what was asked (clause 18). */
export class BacnetRefusal extends AppError {
  constructor(errorClass: number, errorCode: number) {
    super(
      errorCodes.requestRefused,
      `refused: ${refusals[errorCode] ?? 'error'} (class ${errorClass}, code ${errorCode})`,
    )
  }
}

/** The device gave the request up, or knows no such service; the library does not tell these apart. */
export class BacnetAbort extends AppError {
  readonly reason: number

  constructor(reason: number) {
    super(errorCodes.requestRefused, `aborted or rejected (reason ${reason})`)
    this.reason = reason
  }
}

const refusals: Readonly<Record<number, string>> = {
  9: 'invalid data type',
  27: 'read access denied',
  31: 'unknown object',
  32: 'unknown property',
  37: 'value out of range',
  40: 'write access denied',
}

export interface BacnetReply<T> {
  readonly content: T
  readonly requests: number
  readonly atMs: number
  readonly latencyMs: number
}

/** What the library decodes of a property's value; `len` counts the bytes with the tag. */
export interface Datum {
  readonly type: ApplicationTag
  readonly value: unknown
  readonly len?: number
}

export interface PropertyResult {
  readonly object: BACNetObjectID
  readonly property: number
  readonly data: readonly Datum[]
}

export interface BacnetSessionOptions {
  readonly socket: BacnetSocket
  /** Numbers for requests, counted for the whole bus: devices behind one router have one address. */
  readonly nextInvokeId: () => number
  /** Where the device is now. @throws AppError */
  readonly locate: () => Promise<BACNetAddress>
  readonly forget: () => void
  readonly timeoutMs: number
  readonly retries: number
  readonly clock: Clock
}

type Ask<T> = (client: BacnetClient, device: BACNetAddress, options: { invokeId: number }) => Promise<T>

export class BacnetSession {
  private readonly options: BacnetSessionOptions
  private client: BacnetClient | null = null
  private device: BACNetAddress | null = null
  private giveUp: ((error: AppError) => void) | null = null
  private isStopped = false

  constructor(options: BacnetSessionOptions) {
    this.options = options
  }

  /** Each object with its properties, in one request. @throws as `readOne`, and BacnetAbort */
  async readMany(
    wanted: readonly { object: BACNetObjectID; properties: readonly number[] }[],
  ): Promise<BacnetReply<PropertyResult[]>> {
    const specification = wanted.map(({ object, properties }) => ({
      objectId: object,
      properties: properties.map((id) => ({ id, index: ASN1_ARRAY_ALL })),
    }))
    const reply = await this.repeated(async (client, device, options) => {
      const { values } = await client.readPropertyMultiple(device, specification, options)
      return values.flatMap(({ objectId, values: results }) =>
        // The library's types say `property`, its decoder gives `id`.
        (results as unknown as { id: number; value: readonly Datum[] }[]).map(({ id, value }) => ({ object: objectId, property: id, data: value })),
      )
    }) // prettier-ignore
    return reply
  }

  /**
   * @throws BacnetRefusal when the device answers with an error
   * @throws AppError `edge.request_timeout`, `edge.reply_invalid`, `edge.bus_disconnected`
   */
  async readOne(
    object: BACNetObjectID,
    property: number,
    index?: number,
  ): Promise<BacnetReply<readonly Datum[]>> {
    return this.repeated(async (client, device, options) => {
      const more = index === undefined ? options : { ...options, arrayIndex: index }
      const result = await client.readProperty(device, object, property, more)
      const { objectId, property: told } = result
      if (objectId.type !== object.type || Number(told.id) !== property) throw new Error('INVALID_DECODING')
      return result.values
    })
  }

  /** Sent once. @throws as `readOne`; with `details.sent` when the device may have obeyed. */
  async write(
    object: BACNetObjectID,
    property: number,
    value: BACNetAppData,
    priority: number,
  ): Promise<void> {
    try {
      await this.exchange((client, device, options) =>
        client.writeProperty(device, object, property, [value], { ...options, priority }),
      )
    } catch (error) {
      const isAnswered = error instanceof BacnetRefusal || error instanceof BacnetAbort
      if (!(error instanceof AppError) || isAnswered) throw error
      throw new AppError(error.code, error.message, {
        details: { ...error.details, sent: true },
        cause: error,
      })
    }
  }

  stop(): void {
    this.isStopped = true
    this.giveUp?.(new AppError(errorCodes.busDisconnected, 'the bus is stopped'))
    this.drop()
  }

  private async repeated<T>(ask: Ask<T>): Promise<BacnetReply<T>> {
    for (let attempt = 0; ; attempt++) {
      try {
        return { ...(await this.exchange(ask)), requests: attempt + 1 }
      } catch (error) {
        const isLost = error instanceof AppError && error.code === errorCodes.requestTimeout
        if (!isLost || this.device === null || attempt >= this.options.retries) {
          if (isLost) this.lose()
          throw error
        }
      }
    }
  }

  private async exchange<T>(ask: Ask<T>): Promise<Omit<BacnetReply<T>, 'requests'>> {
    const { clock } = this.options
    const { client, device } = await this.open()
    const startedMs = clock.monotonicMs()
    try {
      const asked = ask(client, device, { invokeId: this.options.nextInvokeId() })
      const content = await new Promise<T>((resolve, reject) => {
        this.giveUp = reject
        asked.then(resolve, reject)
      })
      return { content, atMs: clock.nowMs(), latencyMs: clock.monotonicMs() - startedMs }
    } catch (error) {
      const known = this.explain(error)
      if (!(known instanceof BacnetRefusal || known instanceof BacnetAbort)) this.drop()
      throw known
    } finally {
      this.giveUp = null
    }
  }

  private explain(error: unknown): AppError {
    if (error instanceof AppError) return error
    if (this.isStopped) return new AppError(errorCodes.busDisconnected, 'the bus is stopped')
    const { message } = error as Error
    const refusal = /^BacnetError - Class:(\d+) - Code:(\d+)/.exec(message)
    if (refusal) return new BacnetRefusal(Number(refusal[1]), Number(refusal[2]))
    const abort = /^BacnetAbort - Reason:(\d+)/.exec(message)
    if (abort) return new BacnetAbort(Number(abort[1]))
    if (message === 'ERR_TIMEOUT')
      return new AppError(errorCodes.requestTimeout, `no reply within ${this.options.timeoutMs} ms`)
    return new AppError(errorCodes.replyInvalid, 'a reply that does not decode', { cause: error })
  }

  private async open(): Promise<{ client: BacnetClient; device: BACNetAddress }> {
    const { socket, timeoutMs } = this.options
    await socket.open()
    this.device ??= await this.options.locate()
    if (this.isStopped) throw new AppError(errorCodes.busDisconnected, 'the bus is stopped')
    if (!this.client) {
      const port = new ClientPort(socket, this.device.address!)
      port.onBroken = (error) => this.giveUp?.(this.explain(error))
      this.client = new BacnetClient({ transport: port, apduTimeout: timeoutMs })
    }
    return { client: this.client, device: this.device }
  }

  /** Silent: it may have another address when it is back. */
  private lose(): void {
    this.device = null
    this.options.forget()
  }

  private drop(): void {
    this.client?.close()
    this.client = null
  }
}
