/** Entries in the words of a language; records of resources that have no words of their own are called what the resource is. */
import {
  auditEntities,
  auditEntity,
  auditField,
  auditVerb,
  auditVerbs,
} from '../../platform/audit/audit-words.ts'
import type { Language, Texts } from '../../platform/reasons/reason.ts'
import { allResources, findResource } from '../../platform/resource/resource.ts'

/** What no module has named. */
export const OTHER = { code: 'other', label: { zh: '其他', en: 'Other' } }

const actionLabels = (entity: string, verb: string): Texts | undefined => {
  const actions = findResource(entity)?.actions
  return actions && Object.hasOwn(actions, verb) ? actions[verb]!.label : undefined
}

export function entityWords(entity: string, language: Language): string {
  return (auditEntity(entity)?.label ?? findResource(entity)?.label)?.[language] ?? humanised(entity)
}

export function moduleOf(entity: string): { readonly code: string; readonly label: Texts } {
  return auditEntity(entity)?.module ?? OTHER
}

/** @param action `entity.verb`; of `gateway.config.rollback` the last part counts */
export function verbWords(entity: string, action: string, language: Language): string {
  const verb = action.slice(action.lastIndexOf('.') + 1)
  return (actionLabels(entity, verb) ?? auditVerb(verb))?.[language] ?? humanised(verb)
}

/** Labels of nested fields stand after each other. */
export function fieldWords(path: readonly string[], language: Language): string {
  return path.map((name) => auditField(name)?.[language] ?? humanised(name)).join(' · ')
}

/** `timeZone` → `time zone`: better than nothing. */
const humanised = (name: string): string =>
  name.replace(/([a-z\d])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`)

/** Parts of the hub by which the log can be narrowed. */
export function modulesOfLog(): { readonly code: string; readonly label: Texts }[] {
  const modules = new Map([...auditEntities().values()].map(({ module }) => [module.code, module]))
  return [...modules.values(), OTHER]
}

/** What the log is narrowed to by a module: its things, or for the rest all but the named ones. */
export function entitiesOfModule(code: string): { entities: string[] | null; otherThan: string[] | null } {
  const named = [...auditEntities()]
  if (code === OTHER.code) return { entities: null, otherThan: named.map(([entity]) => entity) }
  return {
    entities: named.filter(([, { module }]) => module.code === code).map(([entity]) => entity),
    otherThan: null,
  }
}

/** Things and verbs that somebody means who writes these words, in either language. */
export function spokenFor(q: string): { entities: string[]; verbs: string[] } {
  const words = q.toLowerCase()
  const fits = ({ zh, en }: Texts) => zh.includes(words) || en.toLowerCase().includes(words)
  const named = [...auditEntities()].filter(([, { label }]) => fits(label)).map(([entity]) => entity)
  const records = allResources()
    .filter(({ label }) => fits(label))
    .map(({ name }) => name)
  const verbs = [...auditVerbs()].filter(([, text]) => fits(text)).map(([verb]) => verb)
  return { entities: [...new Set([...named, ...records])], verbs }
}
