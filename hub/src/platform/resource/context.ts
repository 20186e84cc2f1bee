import type { AuditActor } from '../audit/audit.ts'
import type { CurrentUser } from '../auth/user.ts'
import type { Hub } from '../module.ts'
import type { Language } from '../reasons/reason.ts'

/** On whose behalf something is done with records; a route's call has all of it. */
export interface RecordContext {
  readonly hub: Hub
  readonly user: CurrentUser
  readonly actor: AuditActor
  readonly language: Language
}
