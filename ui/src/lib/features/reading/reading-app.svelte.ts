import type { PhonePoint, PhoneTask, ReadingPointState } from '@courtyard/protocols/contract'
import { asApiError, type ApiError } from '#lib/api/api-error.ts'
import { call } from '#lib/api/client.ts'
import { session } from '#lib/state/session.svelte.ts'
import { errorText } from '#lib/words/errors.ts'
import { base64Of } from '#lib/api/base64.ts'
import { phoneStore, type KeptTasks, type NewQueuedEntry, type QueuedEntry } from './phone-store.ts'
import { sendWaiting, type HubLine } from './send-queue.ts'

const RETRY_MS = 15_000

const line: HubLine = {
  async sendPhoto(photo) {
    const { sha256 } = await call('POST /api/reading-photos', { body: { base64: await base64Of(photo) } })
    return sha256
  },
  sendEntry: (entry) =>
    call('POST /api/reading-entries', { body: { entry, sentAt: new Date().toISOString() } }),
}

/** What a meter looks like on the phone: what the hub says, and over it what still waits here. */
export interface PointView {
  readonly point: PhonePoint
  readonly state: ReadingPointState | 'waiting'
  readonly index: string | null
}

/** The reader's phone: his tasks, what he has read, and what of it has arrived. */
class ReadingApp {
  #kept = $state.raw<KeptTasks | null>(null)
  #queue = $state.raw<readonly QueuedEntry[]>([])
  #userId = $state('')
  ready = $state(false)
  sending = $state(false)
  online = $state(navigator.onLine)
  /** The session has ended; what waits goes out after signing in. */
  signedOut = $state(false)
  /** Why the tasks could not be renewed. */
  error = $state.raw<ApiError | null>(null)

  /** Null until the tasks were seen once. */
  get tasks(): readonly PhoneTask[] | null {
    return this.#kept?.tasks ?? null
  }
  get tasksAt(): string | null {
    return this.#kept?.at ?? null
  }
  /** Of this person, in the order in which they were made. */
  get queue(): readonly QueuedEntry[] {
    return this.#queue.filter(({ userId }) => userId === this.#userId)
  }
  /** Entries of other people on this phone: they must sign in to send them. */
  get foreign(): number {
    return this.#queue.length - this.queue.length
  }
  get unsent(): number {
    return this.queue.filter(({ state }) => state !== 'setAside').length
  }

  task(id: string): PhoneTask | null {
    return this.tasks?.find((task) => task.id === id) ?? null
  }

  view(task: PhoneTask, point: PhonePoint): PointView {
    const queued = this.queue.findLast(
      ({ entry }) => entry.taskId === task.id && entry.meteringPointId === point.id,
    )
    if (!queued) return { point, state: point.state, index: point.entry?.index ?? null }
    const { index } = queued.entry
    return { point, state: queued.state === 'setAside' ? 'setAside' : 'waiting', index }
  }

  /** Opens what is kept here, then asks the hub. Runs until the returned function is called. */
  start(userId: string): () => void {
    this.#userId = userId
    void this.#open()
    const awake = (): void => {
      this.online = navigator.onLine
      if (!document.hidden && this.online) void this.sync()
    }
    const timer = setInterval(() => this.unsent > 0 && awake(), RETRY_MS)
    addEventListener('online', awake)
    addEventListener('offline', awake)
    document.addEventListener('visibilitychange', awake)
    // The browser is asked not to throw readings away when the phone runs full
    void navigator.storage?.persist?.().catch(() => false)
    return () => {
      clearInterval(timer)
      removeEventListener('online', awake)
      removeEventListener('offline', awake)
      document.removeEventListener('visibilitychange', awake)
    }
  }

  async #open(): Promise<void> {
    this.#kept = await phoneStore.tasks(this.#userId)
    await this.#reload()
    this.ready = true
    await this.sync()
  }

  async #reload(): Promise<void> {
    this.#queue = await phoneStore.queue()
  }

  /** Kept on this phone when it resolves; sent when there is network. */
  async add(entry: NewQueuedEntry, photo: Blob | null): Promise<void> {
    await phoneStore.add(entry, photo)
    await this.#reload()
    void this.sync()
  }

  async retry(entry: QueuedEntry): Promise<void> {
    await phoneStore.put({ ...entry, state: 'waiting', problem: null })
    await this.#reload()
    await this.sync()
  }

  async discard(entry: QueuedEntry): Promise<void> {
    await phoneStore.remove(entry)
    await this.#reload()
  }

  /** Sends what waits and renews the tasks; two pages of one browser take turns. */
  async sync(): Promise<void> {
    if (this.sending) return
    this.sending = true
    try {
      if (navigator.locks) await navigator.locks.request('courtyard-reading-sync', () => this.#send())
      else await this.#send()
    } finally {
      this.sending = false
    }
  }

  async #send(): Promise<void> {
    try {
      if (!(await this.#renewSession())) return
      await this.#reload()
      const result = await sendWaiting(this.queue, phoneStore, line, errorText)
      this.signedOut = result === 'signedOut'
      await this.#reload()
      if (result !== 'done') return
      const { at, tasks } = await call('GET /api/my-reading-tasks')
      const kept = { userId: this.#userId, at, tasks }
      await phoneStore.keepTasks(kept)
      this.#kept = kept
      this.error = null
    } catch (cause) {
      this.error = asApiError(cause)
      if (this.error.status === 401) this.signedOut = true
      await this.#reload()
    }
  }

  /** The token of a session that was kept over a restart is not: it is asked for before anything is sent. */
  async #renewSession(): Promise<boolean> {
    const signedIn = await session.load()
    this.signedOut = !signedIn
    const kept = signedIn ? session.kept() : null
    if (!kept) return false
    await phoneStore.keepSession(kept)
    // Somebody else signed in meanwhile: his tasks, his queue
    if (kept.user.id !== this.#userId) {
      this.#userId = kept.user.id
      this.#kept = await phoneStore.tasks(this.#userId)
    }
    return true
  }
}

export const readingApp = new ReadingApp()
