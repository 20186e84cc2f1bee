import { LIVE_PATH_TEXT } from '#lib/api/live-path.ts'
import type { LiveEvents } from '@courtyard/protocols/contract'

type Handlers = { [K in keyof LiveEvents]?: (event: LiveEvents[K]) => void } & {
  /** The stream was interrupted and is back: what was missed must be asked for. */
  resync?: () => void
}
interface Subscription {
  readonly projectId: string
  readonly deviceIds: readonly string[]
  readonly handlers: Handlers
}
const eventNames = [
  'values',
  'gateways',
  'billRun',
  'usage',
  'events',
  'command',
  'gatewayConfig',
  'call',
  'messages',
  'tasks',
  'printing',
] as const satisfies (keyof LiveEvents)[]

/** One event stream for the whole tab (browsers allow few), opened for what the visible page wants. */
class Live {
  readonly #subscriptions = new Set<Subscription>()
  #source: EventSource | null = null
  #address = ''
  #broken = false
  #timer: ReturnType<typeof setTimeout> | undefined
  #retryMs = 1000
  /** `off` while no page listens. */
  state = $state<'off' | 'connecting' | 'open' | 'interrupted'>('off')

  /** Listens until the returned function is called. */
  subscribe(projectId: string, deviceIds: readonly string[], handlers: Handlers): () => void {
    const subscription = { projectId, deviceIds, handlers }
    this.#subscriptions.add(subscription)
    this.#plan(20)
    return () => {
      this.#subscriptions.delete(subscription)
      this.#plan(200)
    }
  }

  #plan(delayMs: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#connect(), delayMs)
  }

  #connect(): void {
    const wanted = [...this.#subscriptions]
    if (wanted.length === 0) return this.#close()
    const deviceIds = [...new Set(wanted.flatMap((subscription) => subscription.deviceIds))].sort()
    const devices = deviceIds.length > 0 ? `&devices=${deviceIds.join(',')}` : ''
    const address = `${LIVE_PATH_TEXT}?projectId=${wanted.at(-1)!.projectId}${devices}`
    if (address === this.#address && this.#source?.readyState !== EventSource.CLOSED) return
    this.#source?.close()
    this.#address = address
    this.#listen(new EventSource(address))
  }

  #listen(source: EventSource): void {
    this.#source = source
    this.state = 'connecting'
    source.onopen = () => {
      this.state = 'open'
      this.#retryMs = 1000
      if (this.#broken) for (const { handlers } of this.#subscriptions) handlers.resync?.()
      this.#broken = false
    }
    source.onerror = () => {
      this.state = 'interrupted'
      this.#broken = true
      // The browser reconnects by itself unless the hub refused; then we do, more and more slowly.
      if (source.readyState !== EventSource.CLOSED) return
      this.#plan(this.#retryMs)
      this.#retryMs = Math.min(this.#retryMs * 2, 30_000)
    }
    for (const name of eventNames)
      source.addEventListener(name, (event: MessageEvent<string>) => this.#deliver(name, event.data))
  }

  #deliver<K extends keyof LiveEvents>(name: K, text: string): void {
    const event = JSON.parse(text) as LiveEvents[K]
    for (const { handlers } of this.#subscriptions) {
      const handler = handlers[name] as ((event: LiveEvents[K]) => void) | undefined
      handler?.(event)
    }
  }

  #close(): void {
    this.#source?.close()
    this.#source = null
    this.#address = ''
    this.state = 'off'
  }
}

export const live = new Live()
