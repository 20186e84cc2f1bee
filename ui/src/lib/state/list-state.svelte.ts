import { goto } from '$app/navigation'
import { page } from '$app/state'
import { nextSort, readListState, writeListState, type ListState } from './url-state.ts'

/** Search, filter, sort and page of a list, kept in the address. Several may share one address. */
export class AddressState<T extends ListState> {
  readonly #defaults: T
  readonly #values: T

  constructor(defaults: T) {
    this.#defaults = defaults
    this.#values = $derived(readListState(page.url.searchParams, defaults))
  }

  get values(): T {
    return this.#values
  }
  /** Whether anything but order and page differs from the plain list. */
  get filtered(): boolean {
    return Object.entries(this.#values).some(
      ([name, value]) => name !== 'page' && name !== 'sort' && value !== this.#defaults[name],
    )
  }
  set(changes: Partial<T>): void {
    const query = writeListState(page.url.searchParams, changes, this.#defaults)
    void goto(page.url.pathname + query, { replace: true, reset: false })
  }
  sortBy(column: string): void {
    const fallback = this.#defaults['sort'] ?? ''
    this.set({ sort: nextSort(this.#values['sort'] ?? '', column, fallback) } as unknown as Partial<T>)
  }
  clear(): void {
    this.set(this.#defaults)
  }
}
