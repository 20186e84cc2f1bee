import { m } from '#lib/paraglide/messages.js'

const reasons: Readonly<Record<string, () => string>> = {
  no_reads: m.held_no_reads,
  gap: m.held_gap,
  held_interval: m.held_interval,
  no_tariff: m.held_no_tariff,
  no_meter: m.held_no_meter,
}

/** Why an account cannot be billed yet, in words. */
export function heldReason(code: string): string {
  return (reasons[code] ?? m.held_other)()
}
