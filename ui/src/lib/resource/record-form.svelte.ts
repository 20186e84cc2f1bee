import type { FieldMeta, ResourceMeta, ResourceRow } from '@courtyard/protocols/contract'
import { ApiError } from '#lib/api/api-error.ts'
import type { ResourceClient, Values } from '#lib/api/resource-client.ts'
import { Action } from '#lib/state/action.svelte.ts'
import { session } from '#lib/state/session.svelte.ts'
import { forgetDraft, keepDraft, readDraft } from './drafts.ts'
import {
  bodyOf,
  editableFields,
  problemOf,
  sameInput,
  startInputs,
  valueOfInput,
  type Inputs,
  type InputValue,
} from './form-values.ts'

export interface FormOptions {
  readonly meta: ResourceMeta
  readonly client: ResourceClient
  /** The record to change; null for a new one. */
  readonly row: ResourceRow | null
  /** What a new record starts with, beside the declared defaults. */
  readonly given?: Values
}

/**
 * What a person is filling in: inputs, what is wrong with them, what was changed, and the write. Input is kept as a
 * draft in this browser until it is saved or thrown away. To be made while a component is set up.
 */
export class RecordForm {
  readonly meta: ResourceMeta
  readonly row: ResourceRow | null
  readonly fields: readonly FieldMeta[]
  readonly action = new Action()
  inputs = $state.raw<Inputs>({})
  /** The record as somebody else saved it meanwhile. */
  theirs = $state.raw<ResourceRow | null>(null)
  /** When the draft that the inputs come from was typed. */
  draftAt = $state<string | null>(null)
  #start: Inputs
  #touched = $state.raw<readonly string[]>([])
  /** Why fields can't be saved yet though nothing is wrong with them. */
  #held = $state.raw<Readonly<Record<string, string>>>({})
  readonly #client: ResourceClient
  readonly #given: Values
  readonly #draftKey: string

  constructor({ meta, client, row, given = {} }: FormOptions) {
    this.meta = meta
    this.row = row
    this.#client = client
    this.#given = given
    this.fields = editableFields(meta, row === null)
    this.#start = startInputs(this.fields, row, given, session.timeZone)
    this.#draftKey = [session.user?.id, meta.name, row?.id ?? `new-${session.projectId}`].join('.')
    this.inputs = this.#start
    this.#takeDraft()
    $effect(() => {
      const { inputs, changed } = this
      if (changed.length === 0) forgetDraft(this.#draftKey)
      else keepDraft(this.#draftKey, this.fields, inputs, row?.version ?? null)
    })
  }

  /** Fields whose input is not what the form began with. */
  readonly changed = $derived.by(() =>
    this.fields.filter(
      (field) => !sameInput(field, this.#input(field), this.#start[field.name] ?? null, session.timeZone),
    ),
  )
  /** What is wrong, by name of the field. */
  readonly problems = $derived.by<Readonly<Record<string, string>>>(() =>
    Object.fromEntries(
      this.fields.flatMap((field) => this.#problem(field).map((text) => [field.name, text])),
    ),
  )

  set(field: FieldMeta, value: InputValue): void {
    this.inputs = { ...this.inputs, [field.name]: value }
    this.#touched = [...this.#touched, field.name]
  }
  /** Files of the field are on their way: the form is not saved without them. */
  hold(field: FieldMeta, problem: string | undefined): void {
    const others = Object.entries(this.#held).filter(([name]) => name !== field.name)
    this.#held = Object.fromEntries(problem === undefined ? others : [...others, [field.name, problem]])
  }
  input(field: FieldMeta): InputValue {
    return this.#input(field)
  }
  /** What to say at a field: only once it was touched or sent. */
  errorAt(field: FieldMeta): string | undefined {
    if (this.#touched.includes(field.name)) {
      const problem = this.problems[field.name]
      if (problem) return problem
    }
    return refusalAt(this.action.error, field.name)
  }
  /** Shown masked and not typed anew: stays as the hub has it. */
  keepsMasked(field: FieldMeta): boolean {
    return (this.row?.masked.includes(field.name) ?? false) && !this.#touched.includes(field.name)
  }
  /** Takes the input of a masked field away, so that it can be typed anew. */
  retype(field: FieldMeta): void {
    this.set(field, '')
  }
  startAgain(): void {
    this.inputs = this.#start
    this.#touched = []
    this.draftAt = null
    forgetDraft(this.#draftKey)
  }
  discardDraft(): void {
    forgetDraft(this.#draftKey)
  }

  /** Saves; the record when that succeeded, null when there is something to mend or to decide (`theirs`). */
  async save(): Promise<ResourceRow | null> {
    this.#touched = this.fields.map(({ name }) => name)
    if (Object.keys(this.problems).length > 0) return null
    const values = Object.fromEntries(
      (this.row === null ? this.fields : this.changed)
        .filter((field) => this.row !== null || !this.#leaveOut(field))
        .map((field) => [field.name, valueOfInput(field, this.#input(field), session.timeZone)]),
    )
    if (this.row && this.changed.length === 0) return this.row
    return this.#write(values, this.row?.version ?? 0)
  }
  /** Saves the values chosen after a conflict, upon what is there now. */
  resolve(values: Values): Promise<ResourceRow | null> {
    return this.#write(values, this.theirs?.version ?? 0)
  }

  async #write(values: Values, version: number): Promise<ResourceRow | null> {
    let saved: ResourceRow | null = null
    await this.action.run(async () => {
      saved = await this.#send(bodyOf(values), version)
      forgetDraft(this.#draftKey)
    })
    const { error } = this.action
    if (error?.code === 'record.changed' && this.row) await this.#meetTheirs(error)
    return saved
  }
  #send(values: Values, version: number): Promise<ResourceRow> {
    if (this.row) return this.#client.edit(this.row.id, version, values)
    const project = this.meta.inProject ? { projectId: session.projectId } : {}
    return this.#client.create({ ...project, ...this.#hidden(), ...values })
  }
  /** Somebody else was quicker: what is there now is shown beside what was typed. */
  async #meetTheirs(error: ApiError): Promise<void> {
    const current = error.details['record'] as ResourceRow | undefined
    try {
      const row = current ?? (await this.#client.detail(this.row!.id))
      if (row.version !== this.row?.version) {
        this.theirs = row
        this.action.error = null
      }
    } catch {
      // The refusal of the write stays on the form.
    }
  }

  #input(field: FieldMeta): InputValue {
    return this.inputs[field.name] ?? null
  }
  #problem(field: FieldMeta): string[] {
    if (this.keepsMasked(field)) return []
    const problem = this.#held[field.name] ?? problemOf(field, this.#input(field))
    return problem === undefined ? [] : [problem]
  }
  /** Nothing typed and nothing to say: the hub's own default holds. */
  #leaveOut(field: FieldMeta): boolean {
    return valueOfInput(field, this.#input(field), session.timeZone) === null
  }
  /** Given values that no control shows, such as the record that a new one belongs to. */
  #hidden(): Values {
    const shown = this.fields.map(({ name }) => name)
    return Object.fromEntries(Object.entries(this.#given).filter(([name]) => !shown.includes(name)))
  }
  #takeDraft(): void {
    const draft = readDraft(this.#draftKey, this.fields)
    if (!draft || draft.version !== (this.row?.version ?? null)) return
    this.inputs = { ...this.#start, ...draft.inputs }
    this.draftAt = draft.at
  }
}

/** The hub's reason for a field, whichever part of the body it names. */
function refusalAt(error: ApiError | null, name: string): string | undefined {
  const paths = [name, `values.${name}`, `values.custom.${name.replace(/^custom\./, '')}`]
  return paths.map((path) => error?.issueAt(path)).find((reason) => reason !== undefined)
}
