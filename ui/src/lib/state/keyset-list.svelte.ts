import { untrack } from 'svelte'
import { asApiError, type ApiError } from '#lib/api/api-error.ts'

interface Page<T> {
  readonly items: readonly T[]
  readonly nextCursor: string | null
}

/**
 * A list that is read on from where it ended, newest first. It begins anew when state read by `load` changes. To be
 * made while a component is set up.
 */
export class KeysetList<T extends { id: string }> {
  items = $state.raw<readonly T[] | null>(null)
  error = $state.raw<ApiError | null>(null)
  loading = $state(false)
  #cursor = $state.raw<string | null>(null)
  #abort: AbortController | null = null
  readonly #load: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<T>>

  constructor(load: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<T>>) {
    this.#load = load
    $effect(() => {
      void this.#run(undefined)
      return () => this.#abort?.abort()
    })
  }

  get more(): boolean {
    return this.#cursor !== null
  }
  older(): Promise<void> {
    return untrack(() =>
      this.#cursor === null || this.loading ? Promise.resolve() : this.#run(this.#cursor),
    )
  }
  /** From the top; the rows that are shown stay until the answer is there. */
  restart(): Promise<void> {
    return untrack(() => this.#run(undefined))
  }
  /** Renews what changed in the rows that are shown, without moving them: the first page again. */
  async renew(): Promise<void> {
    const fresh = await untrack(() => this.first()).catch(() => null)
    if (!fresh || this.items === null) return
    this.items = this.items.map((item) => fresh.items.find(({ id }) => id === item.id) ?? item)
  }
  /** Puts a newer answer for one item in its place, where it is shown. */
  put(item: T): void {
    this.items = this.items?.map((shown) => (shown.id === item.id ? item : shown)) ?? null
  }
  /** The first page as it is now, not shown. */
  first(): Promise<Page<T>> {
    return this.#load(undefined, new AbortController().signal)
  }

  async #run(cursor: string | undefined): Promise<void> {
    this.#abort?.abort()
    const abort = new AbortController()
    this.#abort = abort
    const asked = this.#load(cursor, abort.signal)
    untrack(() => (this.loading = true))
    try {
      const page = await asked
      if (abort.signal.aborted) return
      this.items = cursor === undefined ? page.items : [...(this.items ?? []), ...page.items]
      this.#cursor = page.nextCursor
      this.error = null
    } catch (error) {
      if (abort.signal.aborted) return
      this.error = asApiError(error)
    }
    this.loading = false
  }
}
