import { untrack } from 'svelte'
import { asApiError, type ApiError } from '#lib/api/api-error.ts'

/**
 * Something loaded from the hub, to be made while a component is set up. It loads again when state read by `load`
 * changes; what was there stays visible meanwhile (`stale`), and an answer that was overtaken is dropped.
 * `load` returns null while there is nothing to ask for.
 */
export class Resource<T> {
  #data = $state.raw<T | null>(null)
  #error = $state.raw<ApiError | null>(null)
  #loading = $state(true)
  #abort: AbortController | null = null
  readonly #load: (signal: AbortSignal) => Promise<T> | null

  constructor(load: (signal: AbortSignal) => Promise<T> | null, options: { everyMs?: number } = {}) {
    this.#load = load
    $effect(() => {
      void this.#run()
      return () => this.#abort?.abort()
    })
    if (options.everyMs !== undefined) {
      const everyMs = options.everyMs
      $effect(() => {
        const timer = setInterval(() => {
          if (!document.hidden) void untrack(() => this.#run())
        }, everyMs)
        return () => clearInterval(timer)
      })
    }
  }

  get data(): T | null {
    return this.#data
  }
  get error(): ApiError | null {
    return this.#error
  }
  /** Nothing to show yet. */
  get pending(): boolean {
    return this.#loading && this.#data === null && this.#error === null
  }
  /** What is shown is being renewed. */
  get stale(): boolean {
    return this.#loading && this.#data !== null
  }

  /** Puts an answer in place, such as that of a write. */
  set(data: T): void {
    this.#data = data
  }
  refresh(): Promise<void> {
    return untrack(() => this.#run())
  }

  async #run(): Promise<void> {
    this.#abort?.abort()
    const abort = new AbortController()
    this.#abort = abort
    const asked = this.#load(abort.signal)
    if (asked === null) return
    untrack(() => (this.#loading = true))
    try {
      const data = await asked
      if (abort.signal.aborted) return
      this.#data = data
      this.#error = null
    } catch (error) {
      if (abort.signal.aborted) return
      this.#error = asApiError(error)
    }
    this.#loading = false
  }
}
