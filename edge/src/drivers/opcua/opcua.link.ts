/** The bus's one session: opened when somebody needs it, and kept open for subscriptions once `keepOpen` runs. */
import type { DriverContext } from '../driver.ts'
import type { OpcuaBusConfig } from './opcua.config.ts'
import { OpcuaConnector } from './opcua.connect.ts'
import { disconnected, Patience } from './opcua.failures.ts'
import type { OpcuaSession } from './opcua.session.ts'

const RECONNECT = { firstMs: 500, lastMs: 30_000 }

export class OpcuaLink {
  readonly patience: Patience
  private readonly context: DriverContext<OpcuaBusConfig>
  private readonly connector: OpcuaConnector
  private readonly abort = new AbortController()
  private session: OpcuaSession | null = null
  private opening: Promise<OpcuaSession> | null = null
  private readonly onOpen: ((session: OpcuaSession) => Promise<void>)[] = []

  constructor(context: DriverContext<OpcuaBusConfig>) {
    this.context = context
    this.patience = new Patience(context.clock, context.bus.timeoutMs, this.abort.signal)
    this.connector = new OpcuaConnector(context, this.patience)
  }

  get connected(): boolean {
    return this.session?.alive ?? false
  }

  get current(): OpcuaSession | null {
    return this.session?.alive ? this.session : null
  }

  /** Called with each new session, before anybody else has it. */
  prepare(work: (session: OpcuaSession) => Promise<void>): void {
    this.onOpen.push(work)
  }

  /** @throws AppError as `OpcuaConnector.open` */
  async get(): Promise<OpcuaSession> {
    if (this.abort.signal.aborted) throw disconnected('the bus is stopped')
    if (this.session?.alive) return this.session
    this.opening ??= this.open().finally(() => (this.opening = null))
    return this.opening
  }

  /** Opens a session again whenever there is none, until `stop`. */
  async keepOpen(): Promise<void> {
    const { clock, logger } = this.context
    const { signal } = this.abort
    let waitMs = RECONNECT.firstMs
    while (!signal.aborted) {
      try {
        const session = await this.get()
        waitMs = RECONNECT.firstMs
        await over(session.ended, signal)
        if (!signal.aborted) logger.warn('the session with the server has ended')
      } catch (error) {
        if (signal.aborted) return
        logger.debug({ err: error }, 'no session with the server')
        waitMs = Math.min(RECONNECT.lastMs, waitMs * 2)
      }
      await clock.sleep(waitMs, signal)
    }
  }

  async stop(): Promise<void> {
    this.abort.abort()
    await this.opening?.catch(() => {})
    await this.session?.close()
    await this.connector.close()
  }

  private async open(): Promise<OpcuaSession> {
    await this.session?.close()
    const session = await this.connector.open()
    if (this.abort.signal.aborted) {
      await session.close()
      throw disconnected('the bus is stopped')
    }
    this.session = session
    for (const work of this.onOpen) await work(session)
    return session
  }
}

function over(...signals: AbortSignal[]): Promise<void> {
  const any = AbortSignal.any(signals)
  if (any.aborted) return Promise.resolve()
  return new Promise((resolve) => any.addEventListener('abort', () => resolve(), { once: true }))
}
