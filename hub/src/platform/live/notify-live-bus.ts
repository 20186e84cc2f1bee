import { randomUUID } from 'node:crypto'
import pg from 'pg'
import type { Logger } from 'pino'
import type { LiveEvents, PointValue } from '@courtyard/protocols/contract'
import { Reassembly, splitText, type Fragment } from './fragments.ts'
import type { Viewer } from '../auth/user.ts'
import type {
  EventNarrower,
  LiveBus,
  LiveListener,
  LiveScope,
  NarrowedEvent,
  PointResolver,
} from './live-bus.ts'

const CHANNEL = 'courtyard_live'
const WATCH_ANNOUNCED_EVERY_MS = 10_000
const WATCH_FORGOTTEN_AFTER_MS = 25_000
/** More than this waiting to be told to other processes: the oldest are dropped. */
const MOST_WAITING = 1_000

type Letter =
  | { kind: 'event'; event: keyof LiveEvents; data: unknown; scope: LiveScope }
  | { kind: 'watch'; points: number[] }

interface RemoteWatch {
  points: ReadonlySet<number>
  heardAtMs: number
}

/** Live events through LISTEN/NOTIFY: listeners in this process are told at once, the others by the database. */
export class NotifyLiveBus implements LiveBus {
  private readonly processId = randomUUID().slice(0, 8)
  private readonly listeners = new Set<LiveListener>()
  private readonly localWatch = new Map<number, number>()
  private readonly remoteWatch = new Map<string, RemoteWatch>()
  private readonly reassembly = new Reassembly()
  private readonly outgoing: Fragment[] = []
  private resolver: PointResolver = async () => []
  private readonly narrowers = new Map<NarrowedEvent, EventNarrower<NarrowedEvent>>()
  private client: pg.Client | null = null
  private sending = false
  private stopped = false
  private retry: NodeJS.Timeout | undefined
  private readonly announcer: NodeJS.Timeout
  private readonly url: string
  private readonly pool: pg.Pool
  private readonly log: Logger

  constructor(url: string, pool: pg.Pool, log: Logger) {
    this.url = url
    this.pool = pool
    this.log = log
    this.announcer = setInterval(() => this.announce(), WATCH_ANNOUNCED_EVERY_MS)
    this.announcer.unref()
  }

  async start(): Promise<void> {
    await this.listen()
  }

  publish<E extends Exclude<keyof LiveEvents, 'values'>>(
    event: E,
    data: LiveEvents[E],
    scope: LiveScope,
  ): void {
    this.deliver(event, data, scope)
    this.tellOthers({ kind: 'event', event, data, scope })
  }

  publishValues(values: readonly PointValue[]): void {
    if (!this.anyWatched) return
    const local = values.filter((value) => this.localWatch.has(value.pointId))
    if (local.length > 0) this.deliver('values', { values: local }, { projectId: null })
    const remote = values.filter((value) => this.isWatchedElsewhere(value.pointId))
    if (remote.length > 0) {
      this.tellOthers({
        kind: 'event',
        event: 'values',
        data: { values: remote },
        scope: { projectId: null },
      })
    }
  }

  get anyWatched(): boolean {
    return this.localWatch.size > 0 || this.remoteWatch.size > 0
  }

  isWatched(pointId: number): boolean {
    return this.localWatch.has(pointId) || this.isWatchedElsewhere(pointId)
  }

  setNarrower<E extends NarrowedEvent>(event: E, narrower: EventNarrower<E>): void {
    this.narrowers.set(event, narrower as unknown as EventNarrower<NarrowedEvent>)
  }

  async narrow<E extends NarrowedEvent>(
    event: E,
    data: LiveEvents[E],
    user: Viewer,
  ): Promise<LiveEvents[E] | null> {
    const narrower = this.narrowers.get(event) as unknown as EventNarrower<E> | undefined
    return narrower ? narrower(data, user) : null
  }

  setPointResolver(resolver: PointResolver): void {
    this.resolver = resolver
  }

  get resolvePoints(): PointResolver {
    return async (deviceIds, user) => (deviceIds.length > 0 ? this.resolver(deviceIds, user) : [])
  }

  subscribe(listener: LiveListener): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  watch(pointIds: readonly number[]): () => void {
    for (const id of pointIds) this.localWatch.set(id, (this.localWatch.get(id) ?? 0) + 1)
    if (pointIds.length > 0) this.announce()
    return () => {
      for (const id of pointIds) {
        const left = (this.localWatch.get(id) ?? 1) - 1
        if (left > 0) this.localWatch.set(id, left)
        else this.localWatch.delete(id)
      }
    }
  }

  async stop(): Promise<void> {
    this.stopped = true
    clearInterval(this.announcer)
    clearTimeout(this.retry)
    await this.client?.end().catch(() => undefined)
  }

  private deliver(event: keyof LiveEvents, data: unknown, scope: LiveScope): void {
    for (const listener of this.listeners) {
      try {
        listener(event, data as never, scope)
      } catch (error) {
        this.log.error({ err: error, event }, 'a listener of live events failed')
      }
    }
  }

  private isWatchedElsewhere(pointId: number): boolean {
    for (const watch of this.remoteWatch.values()) if (watch.points.has(pointId)) return true
    return false
  }

  private announce(): void {
    const tooOld = Date.now() - WATCH_FORGOTTEN_AFTER_MS
    for (const [processId, watch] of this.remoteWatch) {
      if (watch.heardAtMs < tooOld) this.remoteWatch.delete(processId)
    }
    if (this.localWatch.size > 0) this.tellOthers({ kind: 'watch', points: [...this.localWatch.keys()] })
  }

  private tellOthers(letter: Letter): void {
    this.outgoing.push(...splitText(this.processId, JSON.stringify(letter)))
    if (this.outgoing.length > MOST_WAITING) this.outgoing.splice(0, this.outgoing.length - MOST_WAITING)
    if (!this.sending) void this.send()
  }

  private async send(): Promise<void> {
    this.sending = true
    try {
      while (this.outgoing.length > 0 && !this.stopped) {
        const texts = this.outgoing.splice(0, 50).map((fragment) => JSON.stringify(fragment))
        await notify(this.pool, texts)
      }
    } catch (error) {
      this.log.debug({ err: error }, 'live events were not told to other processes')
    } finally {
      this.sending = false
    }
  }

  private async listen(): Promise<void> {
    const client = new pg.Client({ connectionString: this.url, keepAlive: true })
    this.client = client
    client.on('notification', (message) => this.receive(message.payload ?? ''))
    client.on('error', (error) =>
      this.log.warn({ err: error }, 'live events from other processes are interrupted'),
    )
    client.once('end', () => this.listenLater())
    await client.connect()
    await client.query(`LISTEN ${CHANNEL}`)
  }

  private listenLater(): void {
    if (this.stopped) return
    clearTimeout(this.retry)
    this.retry = setTimeout(() => {
      this.listen().catch(() => this.listenLater())
    }, 1_000)
  }

  private receive(payload: string): void {
    const fragment = JSON.parse(payload) as Fragment
    if (fragment.from === this.processId) return
    const text = this.reassembly.add(fragment)
    if (text === null) return
    const letter = JSON.parse(text) as Letter
    if (letter.kind === 'event') this.deliver(letter.event, letter.data, letter.scope)
    else this.remoteWatch.set(fragment.from, { points: new Set(letter.points), heardAtMs: Date.now() })
  }
}

async function notify(pool: pg.Pool, payloads: readonly string[]): Promise<void> {
  await pool.query(`SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload`, [CHANNEL, payloads])
}
