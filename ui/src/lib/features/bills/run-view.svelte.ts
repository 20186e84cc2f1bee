import type { BillRun } from '@courtyard/protocols/contract'
import { call } from '#lib/api/client.ts'
import { live } from '#lib/state/live.svelte.ts'
import { Resource } from '#lib/state/resource.svelte.ts'
import { session } from '#lib/state/session.svelte.ts'

const isRunStatus = (text: string): text is BillRun['status'] =>
  ['computing', 'previewed', 'issuing', 'issued', 'failed', 'cancelled'].includes(text)

/** A bill run that follows its computation: progress arrives as events, the rest is asked for when the status changes. */
export class RunView {
  readonly resource: Resource<BillRun>
  /** Grows when bills of the run may have changed. */
  version = $state(0)

  constructor(id: () => string) {
    this.resource = new Resource((signal) => call('GET /api/bill-runs/:id', { params: { id: id() }, signal }))
    $effect(() => {
      const shown = id()
      return live.subscribe(session.projectId, [], {
        billRun: (event) => {
          if (event.id === shown) this.#progress(event)
        },
        resync: () => this.#reload(),
      })
    })
    // Without the event stream progress is still seen.
    $effect(() => {
      if (!this.busy) return
      const timer = setInterval(() => this.#reload(), 3000)
      return () => clearInterval(timer)
    })
  }

  get run(): BillRun | null {
    return this.resource.data
  }
  get busy(): boolean {
    return this.run?.status === 'computing' || this.run?.status === 'issuing'
  }
  /** Puts the answer of an action in place. */
  take(run: BillRun): void {
    this.resource.set(run)
    this.version += 1
  }

  #progress(event: { status: string; done: number; total: number }): void {
    const run = this.run
    if (!run || !isRunStatus(event.status)) return
    this.resource.set({ ...run, done: event.done, total: event.total })
    if (event.status !== run.status) this.#reload()
  }
  #reload(): void {
    void this.resource.refresh().then(() => (this.version += 1))
  }
}
