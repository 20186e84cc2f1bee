import { untrack } from 'svelte'
import { asApiError, type ApiError } from '#lib/api/api-error.ts'
import { now, recall, remember, signInMark } from './seen.ts'

/**
 * Something loaded from the hub and kept on the phone: what was seen last is shown at once and renewed; without
 * network it stays, with its age. Made while a component is set up; loads again when state read by `key` changes.
 */
export class LastSeen<T> {
  #data = $state.raw<T | null>(null)
  #seenAt = $state<string | null>(null)
  #error = $state.raw<ApiError | null>(null)
  #loading = $state(true)
  #asked = 0
  readonly #key: () => string
  readonly #load: () => Promise<T>

  constructor(key: () => string, load: () => Promise<T>) {
    this.#key = key
    this.#load = load
    $effect(() => {
      const seen = recall<T>(this.#key())
      untrack(() => {
        this.#data = seen?.value ?? null
        this.#seenAt = seen?.at ?? null
        this.#error = null
      })
      void this.#run()
    })
    $effect(() => {
      const again = () => void untrack(() => this.#run())
      addEventListener('online', again)
      return () => removeEventListener('online', again)
    })
  }

  get data(): T | null {
    return this.#data
  }
  /** Nothing to show yet. */
  get pending(): boolean {
    return this.#loading && this.#data === null
  }
  /** Why there is nothing to show. */
  get error(): ApiError | null {
    return this.#data === null || this.#error?.code !== 'network' ? this.#error : null
  }
  /** When what is shown was seen, if it could not be renewed for want of a network. */
  get offlineSince(): string | null {
    return this.#error?.code === 'network' && this.#data !== null ? this.#seenAt : null
  }

  refresh(): Promise<void> {
    return untrack(() => this.#run())
  }

  async #run(): Promise<void> {
    const asked = ++this.#asked
    const key = this.#key()
    const mark = signInMark()
    const answer = this.#load()
    untrack(() => (this.#loading = true))
    try {
      const data = await answer
      if (asked !== this.#asked) return
      this.#data = data
      this.#seenAt = now()
      this.#error = null
      remember(mark, key, data)
    } catch (error) {
      if (asked !== this.#asked) return
      this.#error = asApiError(error)
    }
    this.#loading = false
  }
}
