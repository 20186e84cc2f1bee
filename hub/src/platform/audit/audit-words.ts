/**
 * What the audit trail says in words: modules name their things, what is done with them and their fields. Records of
 * resources name themselves.
 */
import type { Texts } from '../reasons/reason.ts'

export interface AuditWords {
  /** Part of the hub: things of the same code stand together. */
  readonly module: { readonly code: string; readonly label: Texts }
  /** By the `entity` of an entry. */
  readonly entities: Readonly<Record<string, Texts>>
}

interface EntityWords {
  readonly module: AuditWords['module']
  readonly label: Texts
}

const entities = new Map<string, EntityWords>()
const verbs = new Map<string, Texts>()
const fields = new Map<string, Texts>()

/** Called when a module is loaded. @throws when an entity is named twice */
export function registerAuditWords({ module, entities: named }: AuditWords): void {
  for (const [entity, label] of Object.entries(named)) {
    if (entities.has(entity)) throw new Error(`the audit words of ${entity} are registered twice`)
    entities.set(entity, { module, label })
  }
}

/** By the part of an action after the last point: `issue`. The first one to say it counts. */
export function registerAuditVerbs(words: Readonly<Record<string, Texts>>): void {
  for (const [verb, text] of Object.entries(words)) if (!verbs.has(verb)) verbs.set(verb, text)
}

/** By the name of a field: `displayName`. The first one to say it counts. */
export function registerAuditFields(words: Readonly<Record<string, Texts>>): void {
  for (const [field, text] of Object.entries(words)) if (!fields.has(field)) fields.set(field, text)
}

export const auditEntity = (entity: string): EntityWords | undefined => entities.get(entity)
export const auditVerb = (verb: string): Texts | undefined => verbs.get(verb)
export const auditField = (field: string): Texts | undefined => fields.get(field)
export const auditEntities = (): ReadonlyMap<string, EntityWords> => entities
export const auditVerbs = (): ReadonlyMap<string, Texts> => verbs
