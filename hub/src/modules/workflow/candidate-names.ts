import type { CandidateNames, ProcessContent } from '@courtyard/protocols/contract'
import { roleLabel } from '../../platform/auth/role-label.ts'
import type { Hub } from '../../platform/module.ts'
import { namesOf, roleNames } from '../../platform/workflow/directory.repository.ts'

/** What the roles and people that a definition names are called. */
export async function candidateNames(hub: Hub, content: ProcessContent): Promise<CandidateNames> {
  const candidates = content.steps.flatMap((step) =>
    'candidates' in step ? [...step.candidates, ...step.deadlines.flatMap(({ to }) => to)] : [],
  )
  const codes = candidates.flatMap((one) => (one.kind === 'role' ? [one.role] : []))
  const ids = candidates.flatMap((one) => (one.kind === 'people' ? one.ids : []))
  const [roles, people] = await Promise.all([
    roleNames(hub.db.pool, [...new Set(codes)]),
    namesOf(hub.db.pool, [...new Set(ids)]),
  ])
  return {
    roles: Object.fromEntries(roles.map((role) => [role.code, { ...roleLabel(role) }])),
    people: Object.fromEntries(people),
  }
}
