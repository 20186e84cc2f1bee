/** What people can be reminded of: modules say which of their records ask for it, and on which day. */
import type { Pool } from 'pg'
import type { Texts } from '../reasons/reason.ts'
import type { Hub } from '../module.ts'

export interface ReminderRecord {
  /** The same for as long as it is the same thing. */
  readonly id: string
  /** What it is called: `GW-01`, `3-1201`. */
  readonly title: string
  /** Day in the project's time zone, `2026-11-22`. Another day is another reminder. */
  readonly dueOn: string
  readonly link: string | null
  /** Users it belongs to, where the module knows. */
  readonly responsibleIds?: readonly string[]
  /** Values of `fields`. */
  readonly values?: Readonly<Record<string, string>>
}

export interface ReminderScope {
  readonly projectId: string
  readonly timeZone: string
  readonly now: Date
  /** Records with a later date are not asked for. */
  readonly untilDay: string
}

export interface ReminderSource {
  /** `area.what`, such as `gateway.certificate`. */
  readonly key: string
  readonly label: Texts
  /** What the date means: "expires". */
  readonly dateLabel: Texts
  readonly hasResponsible: boolean
  /** What rules can narrow it down by. */
  readonly fields?: Readonly<
    Record<string, { readonly label: Texts; readonly choices: Readonly<Record<string, Texts>> }>
  >
  /** The rule that every installation starts with; roles by code. */
  readonly rule: {
    readonly stepsDays: readonly number[]
    readonly repeatDays: number | null
    readonly roles: readonly string[]
    readonly escalateDays: number | null
    readonly escalateRoles: readonly string[]
  }
  /** All that ask for it until that day, also long past their date; whatever is left out counts as settled. */
  find(pool: Pool, scope: ReminderScope): Promise<readonly ReminderRecord[]>
}

const sources = new Map<string, ReminderSource>()

/** Called when a module is loaded. @throws when the key is taken */
export function registerReminderSource(source: ReminderSource): void {
  if (sources.has(source.key)) throw new Error(`reminder source ${source.key} is registered twice`)
  sources.set(source.key, source)
}

export const allReminderSources = (): ReminderSource[] => [...sources.values()]
export const findReminderSource = (key: string): ReminderSource | undefined => sources.get(key)

/** Job that looks through one project. */
export const LOOK_JOB = 'reminders.look'

/** For modules whose records have changed: it is looked through soon, once however often this is called. */
export async function remindSoon(hub: Pick<Hub, 'jobs'>, projectId: string): Promise<void> {
  await hub.jobs.send(LOOK_JOB, { projectId }, { singletonKey: projectId })
}
