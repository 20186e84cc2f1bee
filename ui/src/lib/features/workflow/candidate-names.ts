import type { CandidateNames as Names } from '@courtyard/protocols/contract'
import type { CandidateNames } from './process-words.ts'
import { label } from '#lib/format/index.svelte.ts'

/** Names as the hub gives them with a definition; what it does not know is shown as it is. */
export function namesFrom({ roles, people }: Names): CandidateNames {
  return {
    role: (code) => (roles[code] ? label(roles[code]) : code),
    person: (id) => people[id] ?? '…',
  }
}
