import type { Selection } from '@courtyard/protocols/contract'
import type { z } from 'zod'
import { SvelteSet } from 'svelte/reactivity'

export type SelectionBody = z.infer<typeof Selection>

/** The records that a person has marked: by name, or all that the list shows, also those not loaded. */
export class RecordSelection {
  readonly #ids = new SvelteSet<string>()
  #all = $state(false)
  #anchor: string | null = null

  get ids(): ReadonlySet<string> {
    return this.#ids
  }
  /** All of the list, whatever is loaded. */
  get all(): boolean {
    return this.#all
  }
  get any(): boolean {
    return this.#all || this.#ids.size > 0
  }
  has(id: string): boolean {
    return this.#all || this.#ids.has(id)
  }
  count(total: number): number {
    return this.#all ? total : this.#ids.size
  }

  /** Marks or unmarks one; with `range` everything from the one marked before. */
  toggle(id: string, order: readonly string[], range = false): void {
    const on = !this.has(id)
    if (this.#all) this.#spellOut(order)
    const from = range && this.#anchor !== null ? order.indexOf(this.#anchor) : -1
    const to = order.indexOf(id)
    const span = from < 0 ? [id] : order.slice(Math.min(from, to), Math.max(from, to) + 1)
    for (const each of span) {
      if (on) this.#ids.add(each)
      else this.#ids.delete(each)
    }
    this.#anchor = id
  }
  /** Marks all loaded ones, or none when they are marked already. */
  toggleLoaded(order: readonly string[]): void {
    const full = this.#all || order.every((id) => this.#ids.has(id))
    this.clear()
    if (!full) for (const id of order) this.#ids.add(id)
  }
  chooseAll(): void {
    this.#all = true
  }
  clear(): void {
    this.#ids.clear()
    this.#all = false
    this.#anchor = null
  }
  /** As the hub wants it. */
  body(list: Extract<SelectionBody, { list: unknown }>['list']): SelectionBody {
    return this.#all ? { list } : { ids: [...this.#ids] }
  }

  /** All but one of them: the loaded ones are named from here on. */
  #spellOut(order: readonly string[]): void {
    this.#all = false
    for (const id of order) this.#ids.add(id)
  }
}
