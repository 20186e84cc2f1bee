import type { NumberRule } from '@courtyard/protocols/contract'
import { m } from '#lib/paraglide/messages.js'

export const resetWords: Readonly<Record<NumberRule['reset'], () => string>> = {
  never: m.num_reset_never,
  yearly: m.num_reset_yearly,
  monthly: m.num_reset_monthly,
}
