/** Groups of settings, declared by who reads them. */
import type { SettingKind } from '@courtyard/protocols/contract'
import type * as z from 'zod'
import type { HubConfig } from '../config.ts'
import type { Texts } from '../reasons/reason.ts'

/** Kinds that a schema alone does not tell from a text or a number. */
type NamedKind = Extract<SettingKind, 'longText' | 'timeOfDay' | 'timeZone'>

export interface SettingWords {
  readonly label: Texts
  readonly help?: Texts
  readonly unit?: Texts
  /** What an empty field means; for fields that may be null. */
  readonly emptyMeans?: Texts
  readonly kind?: NamedKind
  /** Kept sealed and never sent back; the schema must let it be null. */
  readonly secret?: true
  /** Words for the values of an enum. */
  readonly choices?: Readonly<Record<string, Texts>>
}

export interface SettingsGroup<S extends z.ZodObject = z.ZodObject> {
  /** One word, such as `backup`. */
  readonly key: string
  /** `project`: each project may have its own, the installation's count where it has none. */
  readonly scope: 'hub' | 'project'
  readonly label: Texts
  readonly help?: Texts
  /** Flat: booleans, numbers, texts, enums, lists of texts, each of them or null. */
  readonly schema: S
  readonly fields: { readonly [K in keyof z.output<S>]: SettingWords }
  readonly default: z.output<S> | ((config: HubConfig) => z.output<S>)
}

const groups = new Map<string, SettingsGroup>()

/**
 * Makes a group known; called when a module is loaded. Read it with `hub.settings.get(group, projectId?)`.
 * @returns the group, typed
 * @throws when the key is taken
 */
export function registerSettings<S extends z.ZodObject>(group: SettingsGroup<S>): SettingsGroup<S> {
  if (groups.has(group.key)) throw new Error(`settings ${group.key} are registered twice`)
  groups.set(group.key, group)
  return group
}

/** For tests that register their own. */
export function unregisterSettings(key: string): void {
  groups.delete(key)
}

/** In the order in which they were registered. */
export const allSettings = (): readonly SettingsGroup[] => [...groups.values()]
export const findSettings = (key: string): SettingsGroup | undefined => groups.get(key)

export function defaultsOf(group: SettingsGroup, config: HubConfig): Record<string, unknown> {
  return typeof group.default === 'function' ? group.default(config) : group.default
}

export function secretFields(group: SettingsGroup): string[] {
  return Object.entries(group.fields).flatMap(([name, words]) => (words.secret ? [name] : []))
}
