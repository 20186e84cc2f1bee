/** May a meter that is known already take the place of another one? */
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
  readonly reason: string
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
      reason: `meter ${serial} measures ${known.medium} in ${known.unit}, the old one ${old.medium} in ${old.unit}`,
    })
  }
  const [wanted, own] = [decimalOf(input.multiplier), decimalOf(known.multiplier)]
  if (wanted.mantissa !== own.mantissa || wanted.scale !== own.scale) {
    issues.push({
      path: 'multiplier',
      reason: `meter ${serial} is known with the multiplier ${known.multiplier}`,
    })
  }
  if (installedUntilMs !== null && installedUntilMs > input.atMs) {
    const until = new Date(installedUntilMs).toISOString()
    issues.push({ path: 'at', reason: `meter ${serial} was installed at ${lastPlace ?? '?'} until ${until}` })
  }
  return issues
}
