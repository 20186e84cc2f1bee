/** Query parameters of the control port. */
import * as z from 'zod'

const instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))

export const TruthQuery = z.strictObject({ meter: z.string().min(1), at: instant.optional() })

export const HistoryQuery = z
  .strictObject({
    from: instant,
    to: instant,
    stepMinutes: z.coerce.number().int().min(1).max(1440).default(30),
  })
  .refine((query) => query.from < query.to, { path: ['to'], error: 'is not after from' })
