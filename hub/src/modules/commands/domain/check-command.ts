/** Whether a device can do what it is asked to, as its catalogue says. */
import type { CatalogueCommand, CommandBody, CommandKind } from '@courtyard/protocols/contract'
import { parseDecimal, unitsAt } from '@courtyard/protocols/decimal'
import type { CommandReason } from '../reasons.ts'

export interface CommandFault {
  readonly path: string
  readonly reason: CommandReason
}

/** Bytes of the JSON of a free write: more is no command. */
const MAX_WRITE_CHARACTERS = 64 * 1024
/** Decimal places of the contract's decimal texts at most. */
const MAX_PLACES = 9

/** Everything that is wrong; empty when nothing is. `path` is that of the request. */
export function checkCommand(
  targets: readonly CatalogueCommand[],
  { target, body }: { readonly target: string; readonly body: CommandBody },
): CommandFault[] {
  const known = targets.find(({ key }) => key === target)
  if (!known) return [{ path: 'body.target', reason: { code: 'command.target_unknown', target } }]
  if (known.kind !== body.kind) {
    const reason = { code: 'command.other_kind', target, kind: known.kind, given: body.kind } as const
    return [{ path: 'body.body.kind', reason }]
  }
  if (body.kind === 'setpoint') return checkSetpoint(known, body.value)
  if (body.kind === 'write' && JSON.stringify(body.data).length > MAX_WRITE_CHARACTERS) {
    return [
      { path: 'body.body.data', reason: { code: 'command.write_too_large', most: MAX_WRITE_CHARACTERS } },
    ]
  }
  return body.kind === 'people' || body.kind === 'plates' ? checkList(body) : []
}

function checkSetpoint({ scale, range, unit }: CatalogueCommand, value: string): CommandFault[] {
  const path = 'body.body.value'
  const places = value.split('.')[1]?.replace(/0+$/, '').length ?? 0
  if (scale !== undefined && places > scale) {
    return [{ path, reason: { code: 'command.too_many_places', scale } }]
  }
  if (!range) return []
  const units = unitsAt(parseDecimal(value), MAX_PLACES)
  const [low, high] = range.map((end) => unitsAt(parseDecimal(end), MAX_PLACES)) as [bigint, bigint]
  if (units >= low && units <= high) return []
  return [{ path, reason: { code: 'command.out_of_range', low: range[0], high: range[1], unit: unit ?? '' } }]
}

/** The same person or plate twice would leave it to chance which one counts. */
function checkList(body: Extract<CommandBody, { kind: 'people' | 'plates' }>): CommandFault[] {
  const keys =
    body.kind === 'people' ? body.people.map(({ id }) => id) : body.plates.map(({ plate }) => plate)
  const seen = new Set<string>()
  for (const [i, key] of keys.entries()) {
    if (seen.has(key))
      return [{ path: `body.body.${body.kind}.${i}`, reason: { code: 'command.twice', key } }]
    seen.add(key)
  }
  return []
}

/**
 * What goes first when several things wait for one device: people stand at a door, and what concerns supply and
 * safety comes before settings and long lists. Smaller is earlier.
 */
const priorities: Readonly<Record<CommandKind, number>> = {
  door: 0,
  barrier: 0,
  valve: 1,
  relay: 1,
  setpoint: 2,
  write: 2,
  clock: 3,
  plates: 4,
  people: 4,
}

export function priorityOf(kind: CommandKind): number {
  return priorities[kind]
}
