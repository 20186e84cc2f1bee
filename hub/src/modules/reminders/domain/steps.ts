/** Which step of a rule is due: pure, days only. */

export interface StepRule {
  /** Days before the date, in any order; negative after it. */
  readonly stepsDays: readonly number[]
  readonly repeatDays: number | null
}

/** Whole days from one calendar day to another; negative when it lies before. */
export function daysBetweenDays(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000)
}

export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
}

/**
 * The latest step that has come; null before the first. A hub that was off for weeks tells the last one and not all
 * that were missed. Names are stable, so that a step is told once: `30`, `-1`, `repeat:2`.
 */
export function stepDue({ stepsDays, repeatDays }: StepRule, daysLeft: number): string | null {
  const come = stepsDays.filter((step) => daysLeft <= step)
  if (come.length === 0) return null
  const step = Math.min(...come)
  const last = Math.min(...stepsDays)
  const rounds = step === last && repeatDays !== null ? Math.floor((last - daysLeft) / repeatDays) : 0
  return rounds > 0 ? `repeat:${rounds}` : String(step)
}

/** Days ahead that a rule has to look. */
export function horizonDays({ stepsDays }: StepRule): number {
  return Math.max(...stepsDays)
}

/** Whether a record's values are among those that the rule allows. */
export function meets(
  conditions: Readonly<Record<string, readonly string[]>>,
  values: Readonly<Record<string, string>> | undefined,
): boolean {
  return Object.entries(conditions).every(
    ([field, allowed]) => allowed.length === 0 || allowed.includes(values?.[field] ?? ''),
  )
}
