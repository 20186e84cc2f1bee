/** A definition while it is edited: steps back and forth, what is wrong with it, what is chosen. */
import type {
  DefinitionIssue,
  ProcessContent,
  ProcessDefinitionDetail,
  ProcessStep,
} from '@courtyard/protocols/contract'
import { issuesOf } from './issues.ts'
import { blankStep, connectStep, withoutStep } from './step-edits.ts'
import { call } from '#lib/api/client.ts'

const MOST_BACK = 100
const CHECK_AFTER_MS = 350

export class DefinitionEditor {
  content = $state.raw<ProcessContent>(null as never)
  selected = $state<string | null>(null)
  issues = $state.raw<readonly DefinitionIssue[]>([])
  checking = $state(false)
  /** As it was loaded or saved last. */
  #saved = $state.raw<ProcessContent>(null as never)
  #past = $state.raw<readonly ProcessContent[]>([])
  #future = $state.raw<readonly ProcessContent[]>([])
  #lastChange = { what: '', atMs: 0 }
  #timer: ReturnType<typeof setTimeout> | undefined
  #asked = 0

  constructor(definition: ProcessDefinitionDetail) {
    this.adopt(definition)
    this.selected = definition.content.steps.find(({ kind }) => kind === 'approval')?.key ?? null
  }

  /** What the hub has now. */
  adopt({ content, issues }: Pick<ProcessDefinitionDetail, 'content' | 'issues'>): void {
    clearTimeout(this.#timer)
    this.#asked++
    this.content = this.#saved = content
    this.issues = issues
    this.checking = false
    this.#past = this.#future = []
    if (this.selected && !this.step(this.selected)) this.selected = null
  }

  get dirty(): boolean {
    return this.content !== this.#saved
  }
  get mayUndo(): boolean {
    return this.#past.length > 0
  }
  get mayRedo(): boolean {
    return this.#future.length > 0
  }
  get current(): ProcessStep | null {
    return this.selected === null ? null : this.step(this.selected)
  }
  get faulty(): string[] {
    return this.issues.flatMap(({ step }) => (step === null ? [] : [step]))
  }
  step(key: string): ProcessStep | null {
    return this.content.steps.find((one) => one.key === key) ?? null
  }

  /** Changes that follow each other in one field are one step back. */
  change(content: ProcessContent, what = ''): void {
    const now = Date.now()
    const same = what !== '' && what === this.#lastChange.what && now - this.#lastChange.atMs < 1_500
    if (!same) this.#past = [...this.#past.slice(-MOST_BACK), this.content]
    this.#lastChange = { what, atMs: now }
    this.#future = []
    this.#put(content)
  }
  setStep(step: ProcessStep, what = ''): void {
    const steps = this.content.steps.map((one) => (one.key === step.key ? step : one))
    this.change({ ...this.content, steps }, what && `${step.key}.${what}`)
  }
  add(kind: ProcessStep['kind']): void {
    const step = blankStep(kind, this.content)
    this.change(connectStep(this.content, step, this.selected))
    this.selected = step.key
  }
  remove(key: string): void {
    this.change(withoutStep(this.content, key))
    this.selected = null
  }
  move(key: string, by: -1 | 1): void {
    const steps = [...this.content.steps]
    const from = steps.findIndex((one) => one.key === key)
    const to = from + by
    const [step] = steps.slice(from, from + 1)
    if (!step || to < 0 || to >= steps.length) return
    steps.splice(from, 1)
    steps.splice(to, 0, step)
    this.change({ ...this.content, steps })
  }
  undo(): void {
    const before = this.#past.at(-1)
    if (!before) return
    this.#future = [this.content, ...this.#future]
    this.#past = this.#past.slice(0, -1)
    this.#put(before)
  }
  redo(): void {
    const [next, ...rest] = this.#future
    if (!next) return
    this.#past = [...this.#past, this.content]
    this.#future = rest
    this.#put(next)
  }

  #put(content: ProcessContent): void {
    this.content = content
    if (this.selected && !this.step(this.selected)) this.selected = null
    clearTimeout(this.#timer)
    this.checking = true
    const asked = ++this.#asked
    this.#timer = setTimeout(() => void this.#check(asked), CHECK_AFTER_MS)
  }

  /** The hub knows what runs: it says what is wrong. What is half typed is refused by its schema and shown as that. */
  async #check(asked: number): Promise<void> {
    const body = { content: this.content }
    const issues = await call('POST /api/process-definitions/check', { body }).catch((error: unknown) =>
      issuesOf(error, body.content),
    )
    if (asked !== this.#asked) return
    this.issues = issues
    this.checking = false
  }
}
