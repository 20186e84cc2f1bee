import type { ImportFault, ImportPlan, ResourceImport, ResourceMeta } from '@courtyard/protocols/contract'
import { goto } from '$app/navigation'
import { page } from '$app/state'
import { asApiError } from '#lib/api/api-error.ts'
import { call } from '#lib/api/client.ts'
import type { ResourceClient } from '#lib/api/resource-client.ts'
import { Action } from '#lib/state/action.svelte.ts'
import { withParameter } from '#lib/state/address.ts'
import { session } from '#lib/state/session.svelte.ts'

export type ImportStep = 'file' | 'columns' | 'check' | 'result'
const working: ReadonlySet<ResourceImport['state']> = new Set(['checking', 'running', 'undoing'])
const POLL_MS = 700

/**
 * One import from file to result. The hub keeps it; its id stands in the address, so that a reload, another tab or a
 * colleague finds it where it is. To be made while a component is set up.
 */
export class ImportRun {
  readonly meta: ResourceMeta
  readonly client: ResourceClient
  readonly action = new Action()
  current = $state.raw<ResourceImport | null>(null)
  faults = $state.raw<readonly ImportFault[]>([])
  faultTotal = $state(0)
  /** Share of the file that has gone up; null when none is on its way. */
  uploaded = $state<number | null>(null)
  plan = $state.raw<ImportPlan>({ mapping: {}, onExisting: 'refuse', badRows: 'allOrNothing' })
  /** Back from the check to the columns, without the hub knowing. */
  #revising = $state(false)
  #nextFault: number | null = null
  readonly #onStored: () => void

  constructor(meta: ResourceMeta, client: ResourceClient, onStored: () => void) {
    this.meta = meta
    this.client = client
    this.#onStored = onStored
    const named = page.url.searchParams.get('import')
    if (named && named !== 'new') void this.open(named)
    $effect(() => {
      if (!this.busyAtHub) return
      const timer = setInterval(() => void this.#poll(), POLL_MS)
      return () => clearInterval(timer)
    })
  }

  get step(): ImportStep {
    const state = this.current?.state
    if (state === undefined) return 'file'
    if (state === 'uploaded' || this.#revising) return 'columns'
    return state === 'checking' || state === 'checked' ? 'check' : 'result'
  }
  /** The hub is working on it. */
  get busyAtHub(): boolean {
    return this.current !== null && working.has(this.current.state)
  }
  /** Rows that would be stored. */
  get good(): number {
    return this.current ? this.current.rows - this.current.bad : 0
  }
  get mayStore(): boolean {
    if (this.current?.state !== 'checked' || this.current.rows === 0) return false
    return this.current.bad === 0 || (this.plan.badRows === 'skip' && this.good > 0)
  }

  async upload(file: File): Promise<void> {
    this.uploaded = 0
    await this.action.run(async () => {
      const projectId = this.meta.inProject ? session.projectId : null
      this.#take(
        await this.client.upload(file, projectId, { onProgress: (share) => (this.uploaded = share) }),
      )
      this.plan = this.current!.plan
      this.#name(this.current!.id)
    })
    this.uploaded = null
  }
  async open(id: string): Promise<void> {
    await this.action.run(async () => {
      this.#take(await call('GET /api/imports/:id', { params: { id } }))
      this.plan = this.current!.plan
      this.#name(id)
      if (this.current!.bad > 0) await this.moreFaults(true)
    })
  }
  async check(): Promise<void> {
    await this.#ask('POST /api/imports/:id/check')
    this.#revising = false
  }
  run(): Promise<void> {
    return this.#ask('POST /api/imports/:id/run')
  }
  undo(): Promise<void> {
    return this.#ask('POST /api/imports/:id/undo')
  }
  revise(): void {
    this.#revising = true
  }
  /** Another file, or the list of earlier imports. */
  startAnew(): void {
    this.current = null
    this.faults = []
    this.#revising = false
    this.action.error = null
    this.#name('new')
  }
  /** Reads bad cells on, or from the start. */
  async moreFaults(fromStart = false): Promise<void> {
    const id = this.current?.id
    if (!id) return
    const after = fromStart ? 0 : (this.#nextFault ?? 0)
    const answer = await call('GET /api/imports/:id/faults', { params: { id }, query: { after } })
    this.faults = fromStart ? answer.items : [...this.faults, ...answer.items]
    this.faultTotal = answer.total
    this.#nextFault = answer.next
  }
  get hasMoreFaults(): boolean {
    return this.faults.length < this.faultTotal && this.#nextFault !== null
  }

  async #ask(key: `POST /api/imports/:id/${'check' | 'run' | 'undo'}`): Promise<void> {
    const id = this.current?.id
    if (!id) return
    await this.action.run(async () => {
      const params = { id }
      if (key === 'POST /api/imports/:id/check') {
        this.faults = []
        this.#take(await call(key, { params, body: this.plan }))
      } else this.#take(await call(key, { params }))
      await this.#settled()
    })
  }
  async #poll(): Promise<void> {
    const id = this.current?.id
    if (!id || document.hidden) return
    try {
      this.#take(await call('GET /api/imports/:id', { params: { id } }))
      await this.#settled()
      this.action.error = null
    } catch (error) {
      this.action.error = asApiError(error)
    }
  }
  /** After the hub came to an end: bad cells are fetched, the list behind is told. */
  async #settled(): Promise<void> {
    if (this.busyAtHub || !this.current) return
    if (this.current.bad > 0) await this.moreFaults(true)
    if (this.current.state === 'done' || this.current.state === 'undone') this.#onStored()
  }
  #take(next: ResourceImport): void {
    this.current = next
  }
  #name(id: string): void {
    if (page.url.searchParams.get('import') === id) return
    void goto(withParameter(page.url.href, 'import', id), { replace: true, reset: false })
  }
}
