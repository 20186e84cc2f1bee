import { call } from '#lib/api/client.ts'
import type { ComboOption } from '#lib/components/ComboBox.svelte'

export interface Person {
  readonly id: string
  readonly name: string
}

/** Colleagues by name, for a field that looks them up. */
export async function findPeople(words: string, signal: AbortSignal): Promise<ComboOption[]> {
  const people = await call('GET /api/workflow-people', { query: words ? { q: words } : {}, signal })
  return people.map(({ id, name }) => ({ value: id, text: name }))
}
