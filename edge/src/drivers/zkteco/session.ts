/**
 * One session with a terminal: requests one after another, events as they come. A request that gets no reply, or
 * rubbish, ends the session: what comes later could be taken for the next one's reply.
 */
import { AppError } from '@courtyard/protocols/contract'
import { ALL_EVENTS, Command, FIRST_ERROR_REPLY, Reply, scrambleCommKey, type ZkPacket } from '@courtyard/protocols/zkteco' // prettier-ignore
import { errorCodes } from '../../errors.ts'
import type { ConnectTcp } from '../driver.ts'
import { disconnected, openLink, type Link, type LinkTarget } from './link.ts'

export interface SessionOptions {
  readonly target: LinkTarget
  readonly commKey: number
  readonly timeoutMs: number
  readonly connectTcp: ConnectTcp
  /** `acknowledge` tells the terminal that the event was taken. */
  readonly onEvent: (packet: ZkPacket, acknowledge: () => void) => void
}

interface Pending {
  readonly replyId: number
  /** Takes a packet with the request's reply number; true ends the request. */
  readonly take: (packet: ZkPacket) => boolean
  readonly resolve: () => void
  readonly reject: (error: AppError) => void
  touch: () => void
}

export interface RequestOptions {
  /** Only for what does no harm when the terminal gets it twice: over UDP it is sent again when no reply comes. */
  readonly repeat?: boolean
  readonly timeoutMs?: number
}

const NO_DATA = new Uint8Array(0)
const REPEATS = 3

export class ZkSession {
  /** Resolves when the session is over. */
  readonly ended: Promise<void>
  private readonly options: SessionOptions
  private link: Link | null = null
  private sessionId = 0
  private nextReplyId = 0
  private pending: Pending | null = null
  private over: AppError | null = null
  private disabled = false
  private resolveEnded!: () => void

  private constructor(options: SessionOptions) {
    this.options = options
    this.ended = new Promise((resolve) => (this.resolveEnded = resolve))
  }

  /**
   * Connects, shows the communication key when asked for, makes the terminal work (whatever an earlier session left)
   * and registers for events.
   * @throws AppError `edge.bus_disconnected`, `edge.request_timeout`, `edge.request_refused`, `edge.reply_invalid`.
   */
  static async open(options: SessionOptions, adopt: (session: ZkSession) => void): Promise<ZkSession> {
    const session = new ZkSession(options)
    adopt(session)
    try {
      const opening = openLink(options.target, options.timeoutMs, options.connectTcp, {
        packet: (packet) => session.receive(packet),
        ended: (error) => session.end(error),
      })
      // Closed meanwhile: nobody waits for the connection any longer.
      void opening.then((link) => session.over && link.close()).catch(() => {})
      const closed = session.ended.then(() => Promise.reject<never>(session.over!))
      session.link = await Promise.race([opening, closed])
      await session.greet()
      return session
    } catch (error) {
      const failure = error instanceof AppError ? error : disconnected(String(error))
      session.end(failure)
      throw failure
    }
  }

  get alive(): boolean {
    return this.over === null && this.link !== null
  }

  get transport(): 'tcp' | 'udp' {
    return this.options.target.transport
  }

  /** The reply to a request. @throws as `open`; `edge.request_refused` leaves the session as it is. */
  async request(
    command: number,
    data: Uint8Array = NO_DATA,
    options: RequestOptions = {},
  ): Promise<ZkPacket> {
    let reply: ZkPacket | undefined
    await this.transact(command, data, (packet) => Boolean((reply = packet)), options)
    return this.accepted(reply!)
  }

  /**
   * A request with several packets as its answer; `take` says which is the last. @throws as `request`; what `take`
   * throws ends the request too.
   */
  transact(
    command: number,
    data: Uint8Array,
    take: (packet: ZkPacket) => boolean,
    options: RequestOptions = {},
  ): Promise<void> {
    if (this.over) return Promise.reject(this.over)
    if (this.pending || !this.link) return Promise.reject(disconnected('the session is busy'))
    const packet = { command, sessionId: this.sessionId, replyId: this.takeReplyId(), data }
    const limitMs = options.timeoutMs ?? this.options.timeoutMs
    return new Promise<void>((resolve, reject) => {
      const attempts = options.repeat && this.transport === 'udp' ? REPEATS : 1
      let attempt = 1
      let timer: NodeJS.Timeout | undefined
      const expire = () => {
        if (attempt++ < attempts) {
          this.link?.send(packet)
          arm()
        } else this.end(new AppError(errorCodes.requestTimeout, `no reply within ${limitMs} ms`))
      }
      const arm = () => {
        clearTimeout(timer)
        timer = setTimeout(expire, limitMs / attempts)
      }
      const settle = (act: () => void) => {
        clearTimeout(timer)
        this.pending = null
        act()
      }
      this.pending = {
        replyId: packet.replyId,
        take,
        resolve: () => settle(resolve),
        reject: (error) => settle(() => reject(error)),
        touch: () => {
          attempt = attempts
          arm()
        },
      }
      arm()
      this.link!.send(packet)
    })
  }

  /** Keeps people away while `work` runs; the terminal works again whatever happens to it. */
  async whileDisabled<T>(limitSeconds: number, work: () => Promise<T>): Promise<T> {
    this.disabled = true
    try {
      // With a time, so that the terminal helps itself when we are gone (zk-protocol, "Enable/Disable Device").
      const limit = u32(limitSeconds)
      await this.request(Command.disableDevice, limit, { repeat: true }).catch(ignoreRefusal)
      return await work()
    } finally {
      if (this.alive) {
        await this.request(Command.enableDevice, NO_DATA, { repeat: true }).catch(ignoreRefusal)
        this.disabled = false
      }
    }
  }

  /** A reply that refuses, as error. */
  accepted(packet: ZkPacket): ZkPacket {
    if (packet.command === Reply.unauthorised) {
      const error = disconnected('the terminal has forgotten the session')
      this.end(error)
      throw error
    }
    if (packet.command === Reply.error || packet.command >= FIRST_ERROR_REPLY) {
      throw new AppError(errorCodes.requestRefused, `refused with ${packet.command}`, { details: { reply: packet.command } }) // prettier-ignore
    }
    return packet
  }

  /** Takes leave and ends; a request under way ends as disconnected. */
  close(reason: string): void {
    const { link } = this
    if (!this.over && link && this.sessionId !== 0) {
      if (this.disabled) this.tell(Command.enableDevice)
      this.tell(Command.exit)
    }
    this.end(disconnected(reason))
  }

  private async greet(): Promise<void> {
    let reply: ZkPacket | undefined
    await this.transact(Command.connect, NO_DATA, (packet) => Boolean((reply = packet)), { repeat: true })
    this.sessionId = reply!.sessionId
    if (reply!.command === Reply.unauthorised) await this.authorise()
    else this.accepted(reply!)
    await this.request(Command.enableDevice, NO_DATA, { repeat: true }).catch(ignoreRefusal)
    await this.request(Command.registerEvent, u32(ALL_EVENTS), { repeat: true }).catch(ignoreRefusal)
  }

  private async authorise(): Promise<void> {
    const { commKey } = this.options
    let reply: ZkPacket | undefined
    const data = scrambleCommKey(commKey, this.sessionId)
    await this.transact(Command.auth, data, (packet) => Boolean((reply = packet)), { repeat: true })
    if (reply!.command === Reply.ok) return
    throw new AppError(errorCodes.requestRefused, 'the terminal refuses the communication key')
  }

  private receive(packet: ZkPacket): void {
    if (this.over) return
    if (packet.command === Command.registerEvent) {
      this.options.onEvent(packet, () => this.acknowledge())
      return
    }
    const { pending } = this
    // Late and doubled replies have the number of an earlier request.
    if (pending?.replyId !== packet.replyId) return
    pending.touch()
    try {
      if (pending.take(packet)) pending.resolve()
    } catch (error) {
      pending.reject(error instanceof AppError ? error : disconnected(String(error)))
    }
  }

  private acknowledge(): void {
    if (this.over) return
    this.link?.send({ command: Reply.ok, sessionId: this.sessionId, replyId: 0, data: NO_DATA })
  }

  private tell(command: number): void {
    this.link?.send({ command, sessionId: this.sessionId, replyId: this.takeReplyId(), data: NO_DATA })
  }

  private end(error: AppError): void {
    if (this.over) return
    this.over = error
    this.link?.close()
    this.pending?.reject(error)
    this.resolveEnded()
  }

  private takeReplyId(): number {
    const replyId = this.nextReplyId
    this.nextReplyId = (replyId + 1) % 0xffff
    return replyId
  }
}

export function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value, true)
  return bytes
}

/** Some firmware knows no events, or refuses to be enabled while it is. */
function ignoreRefusal(error: unknown): void {
  if (!(error instanceof AppError && error.code === errorCodes.requestRefused)) throw error
}
