/** What an editor of definitions chooses from: roles, subjects and people by name. */
import type {
  CandidateNames as Names,
  ProcessField,
  ProcessSubjectView,
  RouteResponse,
} from '@courtyard/protocols/contract'
import type { CandidateNames } from '../process-words.ts'
import { call } from '#lib/api/client.ts'
import { label } from '#lib/format/index.svelte.ts'

type Role = RouteResponse<'GET /api/process-roles'>[number]

export class EditorChoices implements CandidateNames {
  roles = $state.raw<readonly Role[]>([])
  subjects = $state.raw<readonly ProcessSubjectView[]>([])
  #people = $state.raw<Readonly<Record<string, string>>>({})

  async load(signal?: AbortSignal): Promise<this> {
    const options = signal ? { signal } : {}
    const [roles, subjects] = await Promise.all([
      call('GET /api/process-roles', options),
      call('GET /api/process-subjects', options),
    ])
    this.roles = roles
    this.subjects = subjects
    return this
  }
  learnAll({ people }: Names): void {
    this.#people = { ...this.#people, ...people }
  }
  learn(id: string, name: string): void {
    this.#people = { ...this.#people, [id]: name }
  }
  role(code: string): string {
    const role = this.roles.find((one) => one.code === code)
    return role ? label(role.name) : code
  }
  person(id: string): string {
    return this.#people[id] ?? '…'
  }
  fieldsOf(kind: string): readonly ProcessField[] {
    return this.subjects.find((one) => one.kind === kind)?.fields ?? []
  }
  actionsOf(kind: string): ProcessSubjectView['actions'] {
    return this.subjects.find((one) => one.kind === kind)?.actions ?? []
  }
  subject(kind: string): string {
    const subject = this.subjects.find((one) => one.kind === kind)
    return subject ? label(subject.label) : kind
  }
}
