/** May a meter that is known already take the place of another one? */
import type { MeteringReason } from '../reasons.ts'
import { decimalOf } from './decimal.ts'

export interface KnownMeter {
  readonly serial: string
  readonly medium: string
  readonly unit: string
  readonly multiplier: string
}

/** A meter with the serial number of the new one; until when it was somewhere else, null when never. */
export interface KnownSuccessor extends KnownMeter {
  readonly lastPlace: string | null
  readonly installedUntilMs: number | null
}

export interface SuccessorIssue {
  readonly path: 'serial' | 'multiplier' | 'at'
  readonly reason: MeteringReason
}

/**
 * Its usage would be counted with its own unit and multiplier whatever was written down, and its reads of the
 * time before at two places: so these have to agree.
 */
export function checkSuccessor(
  known: KnownSuccessor,
  old: KnownMeter,
  input: { readonly atMs: number; readonly multiplier: string },
): SuccessorIssue[] {
  const issues: SuccessorIssue[] = []
  const { serial, lastPlace, installedUntilMs } = known
  if (known.medium !== old.medium || known.unit !== old.unit) {
    issues.push({
      path: 'serial',
      reason: {
        code: 'replacement.other_kind',
        serial,
        medium: { code: `medium.${known.medium}` },
        unit: known.unit,
        oldMedium: { code: `medium.${old.medium}` },
        oldUnit: old.unit,
      },
    })
  }
  const [wanted, own] = [decimalOf(input.multiplier), decimalOf(known.multiplier)]
  if (wanted.mantissa !== own.mantissa || wanted.scale !== own.scale) {
    issues.push({
      path: 'multiplier',
      reason: { code: 'replacement.other_multiplier', serial, multiplier: known.multiplier },
    })
  }
  if (installedUntilMs !== null && installedUntilMs > input.atMs) {
    const until = new Date(installedUntilMs).toISOString()
    const place = lastPlace ?? '?'
    issues.push({ path: 'at', reason: { code: 'meter.was_installed_at', serial, place, until } })
  }
  return issues
}
