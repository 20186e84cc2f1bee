/**
 * Settings that people change while the hub runs. Reads come from memory: a change is told to all processes with its
 * commit (the live channel), and what was missed meanwhile is read again after half a minute.
 */
import type { SettingsGroupView } from '@courtyard/protocols/contract'
import type { Logger } from 'pino'
import type * as z from 'zod'
import type { Audit } from '../audit/audit.ts'
import type { Clock } from '../clock.ts'
import type { HubConfig } from '../config.ts'
import type { Database } from '../database/database.ts'
import { fail, invalidInput, type InputFault } from '../errors.ts'
import type { LiveBus } from '../live/live-bus.ts'
import { reasonOfIssue, withInput } from '../reasons/zod-reason.ts'
import type { SecretBox } from '../security/secret-box.ts'
import { settingsErrors } from './errors.ts'
import { fieldsOf } from './form.ts'
import { allSettings, defaultsOf, findSettings, secretFields, type SettingsGroup } from './group.ts'
import { HUB_PLACE, lockPlace, rowsOfKey, saveRow, type SettingRow } from './settings.repository.ts'

/** The connection that listens may be away for a moment. */
const OLDEST_MS = 30_000

type Values = Readonly<Record<string, unknown>>

/** What is set at one place, secrets opened. */
interface PlaceValues {
  readonly values: Values
  readonly version: number
  readonly updatedAt: Date | null
  readonly updatedBy: string | null
}

const NOTHING: PlaceValues = { values: {}, version: 0, updatedAt: null, updatedBy: null }

export interface SettingsChange {
  /** Null: of the installation. */
  readonly projectId: string | null
  /** The one that was read; 0 when nothing was ever set there. */
  readonly version: number
  readonly values: Values
  /** Fields that go back to what is inherited. */
  readonly reset: readonly string[]
  readonly by: string
  readonly audit: Audit
}

interface Options {
  readonly config: HubConfig
  readonly db: Database
  readonly box: SecretBox
  readonly live: LiveBus
  readonly clock: Clock
  readonly log: Logger
}

export class Settings {
  private readonly options: Options
  private readonly known = new Map<string, { readMs: number; places: Promise<Map<string, PlaceValues>> }>()
  private readonly unsubscribe: () => void

  constructor(options: Options) {
    this.options = options
    this.unsubscribe = options.live.subscribe((event, data) => {
      if (event === 'settings') this.known.delete((data as { key: string }).key)
    })
  }

  stop(): void {
    this.unsubscribe()
  }

  /** In force; for settings of projects without a project those of the installation. */
  async get<S extends z.ZodObject>(
    group: SettingsGroup<S>,
    projectId: string | null = null,
  ): Promise<z.output<S>> {
    const one = group as unknown as SettingsGroup
    const places = await this.places(one)
    return this.effective(one, layersOf(one, places, projectId)) as z.output<S>
  }

  /** Projects that have something of their own. */
  async projectsWith(group: SettingsGroup): Promise<string[]> {
    return [...(await this.places(group)).keys()].filter((place) => place !== HUB_PLACE)
  }

  /** All groups as a person sees them at one place; of a project only those that projects have. */
  async view(projectId: string | null): Promise<SettingsGroupView[]> {
    const shown = allSettings().filter(({ scope }) => projectId === null || scope === 'project')
    return Promise.all(shown.map((group) => this.viewOf(group, projectId)))
  }

  /**
   * @throws AppError `settings.not_found`, `settings.changed`, `input.invalid` with paths `body.values.<field>`
   */
  async change(key: string, change: SettingsChange): Promise<SettingsGroupView> {
    const { projectId, version, by, audit } = change
    const group = findSettings(key)
    if (!group || (projectId !== null && group.scope !== 'project')) {
      throw fail(settingsErrors.notFound, 'There are no such settings', { key })
    }
    const place = projectId ?? HUB_PLACE
    const { db, clock } = this.options
    await db.transaction(async (client) => {
      await lockPlace(client, key, place)
      const places = this.open(group, await rowsOfKey(client, key))
      const before = places.get(place) ?? NOTHING
      if (before.version !== version) {
        throw fail(settingsErrors.changed, 'Somebody has changed this meanwhile; look at it again')
      }
      const values = this.checked(group, changedValues(group, before.values, change), places, projectId)
      const now = clock.now()
      await saveRow(client, { key, place, ...this.seal(group, place, values), by, now })
      await audit(client, {
        action: 'settings.change',
        entity: 'settings',
        entityId: key,
        projectId,
        before: shown(group, before.values),
        after: shown(group, values),
      })
    })
    this.known.delete(key)
    return this.viewOf(group, projectId)
  }

  private async viewOf(group: SettingsGroup, projectId: string | null): Promise<SettingsGroupView> {
    const places = await this.places(group)
    const place = projectId ?? HUB_PLACE
    const here = places.get(place) ?? NOTHING
    const layers = layersOf(group, places, projectId)
    const values = this.effective(group, layers)
    const inherited = this.effective(
      group,
      layers.filter((layer) => layer !== here.values),
    )
    return {
      key: group.key,
      scope: group.scope,
      label: group.label,
      help: group.help ?? null,
      fields: fieldsOf(group),
      values: withoutSecrets(group, values),
      inherited: withoutSecrets(group, inherited),
      set: Object.keys(here.values),
      secrets: secretFields(group).filter((name) => values[name] !== null),
      version: here.version,
      updatedAt: here.updatedAt?.toISOString() ?? null,
      updatedBy: here.updatedBy,
    }
  }

  private places(group: SettingsGroup): Promise<Map<string, PlaceValues>> {
    const kept = this.known.get(group.key)
    if (kept && performance.now() - kept.readMs < OLDEST_MS) return kept.places
    const places = rowsOfKey(this.options.db.pool, group.key).then((rows) => this.open(group, rows))
    this.known.set(group.key, { readMs: performance.now(), places })
    // A read that failed is not remembered
    places.catch(() => this.known.delete(group.key))
    return places
  }

  private open(group: SettingsGroup, rows: readonly SettingRow[]): Map<string, PlaceValues> {
    return new Map(
      rows.map((row) => {
        const secrets = row.sealed
          ? (JSON.parse(
              this.options.box.open(row.sealed, sealedFor(group.key, row.place)).toString(),
            ) as Values)
          : {}
        return [row.place, { ...row, values: { ...row.values, ...secrets } }]
      }),
    )
  }

  private seal(group: SettingsGroup, place: string, values: Values) {
    const secret = secretFields(group).filter((name) => name in values)
    if (secret.length === 0) return { values, sealed: null }
    const hidden = JSON.stringify(Object.fromEntries(secret.map((name) => [name, values[name]])))
    return {
      values: Object.fromEntries(Object.entries(values).filter(([name]) => !secret.includes(name))),
      sealed: this.options.box.seal(hidden, sealedFor(group.key, place)),
    }
  }

  /** Later layers count. A value that this version of the program does not take is left out, and said. */
  private effective(group: SettingsGroup, layers: readonly Values[]): Record<string, unknown> {
    const start = defaultsOf(group, this.options.config)
    const whole = group.schema.safeParse(Object.assign({}, start, ...layers.map(knownOf(group))))
    if (whole.success) return whole.data
    this.options.log.warn(
      { settings: group.key, fields: whole.error.issues.map(({ path }) => path.join('.')) },
      'settings are not valid any more; the defaults count for them',
    )
    const bad = new Set(whole.error.issues.map(({ path }) => String(path[0])))
    const good = layers.map((layer) => knownOf(group)(layer)).map((layer) => without(layer, bad))
    const rest = group.schema.safeParse(Object.assign({}, start, ...good))
    return rest.success ? rest.data : start
  }

  /** What would be in force must be valid, not only what is changed. @throws AppError `input.invalid` */
  private checked(
    group: SettingsGroup,
    values: Values,
    places: ReadonlyMap<string, PlaceValues>,
    projectId: string | null,
  ): Values {
    const changed = new Map(places).set(projectId ?? HUB_PLACE, { ...NOTHING, values })
    const all = Object.assign(
      {},
      defaultsOf(group, this.options.config),
      ...layersOf(group, changed, projectId),
    ) as Values
    const parsed = group.schema.safeParse(all, withInput)
    if (parsed.success) {
      return Object.fromEntries(Object.keys(values).map((name) => [name, parsed.data[name]]))
    }
    throw invalidInput(
      'The settings are not valid',
      parsed.error.issues.map((issue) => ({
        path: `body.values.${issue.path.join('.')}`,
        reason: reasonOfIssue(issue),
      })),
    )
  }
}

const sealedFor = (key: string, place: string) => `settings:${key}/${place}`

/** From the weakest on. */
function layersOf(
  group: SettingsGroup,
  places: ReadonlyMap<string, PlaceValues>,
  projectId: string | null,
): Values[] {
  const wanted = projectId !== null && group.scope === 'project' ? [HUB_PLACE, projectId] : [HUB_PLACE]
  return wanted.flatMap((place): Values[] => {
    const values = places.get(place)?.values
    return values ? [values] : []
  })
}

const knownOf =
  (group: SettingsGroup) =>
  (layer: Values): Values =>
    Object.fromEntries(Object.entries(layer).filter(([name]) => name in group.fields))

const without = (layer: Values, names: ReadonlySet<string>): Values =>
  Object.fromEntries(Object.entries(layer).filter(([name]) => !names.has(name)))

function changedValues(
  group: SettingsGroup,
  before: Values,
  { values, reset }: Pick<SettingsChange, 'values' | 'reset'>,
): Values {
  const faults = [...Object.keys(values), ...reset]
    .filter((name) => !(name in group.fields))
    .map((name): InputFault => {
      return { path: `body.values.${name}`, reason: { code: 'settings.no_such_field' } }
    })
  if (faults.length > 0) throw invalidInput('The settings are not valid', faults)
  return without({ ...knownOf(group)(before), ...values }, new Set(reset))
}

/** For the audit trail: that a secret was set is told, it is not. */
function shown(group: SettingsGroup, values: Values): Values {
  const secret = new Set(secretFields(group))
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, secret.has(name) && value !== null ? '***' : value]),
  )
}

function withoutSecrets(group: SettingsGroup, values: Values): Record<string, unknown> {
  const secret = new Set(secretFields(group))
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, secret.has(name) ? null : value]),
  )
}
