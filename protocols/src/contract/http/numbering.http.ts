/** How documents of a project are numbered. */
import * as z from 'zod'
import { LONGEST_PATTERN, numberResets } from '../../numbering/index.ts'
import { Id, Instant, type RouteTable } from './route.ts'

const NumberReset = z.enum(numberResets)
const label = z.object({ zh: z.string(), en: z.string() })

export const NumberRule = z.object({
  /** Kind of document: `bill`. */
  kind: z.string(),
  label,
  pattern: z.string(),
  reset: NumberReset,
  /** As it comes with the program. */
  builtin: z.object({ pattern: z.string(), reset: NumberReset }),
  /** No number is left out, also when something fails halfway. Else numbers may be missing, never double. */
  gapFree: z.boolean(),
  /** 0: as it comes with the program. */
  version: z.number().int(),
  /** What the next document would get now. */
  next: z.string(),
  /** Numbers given in the running period. */
  given: z.string(),
  changedAt: Instant.nullable(),
  changedBy: z.string().nullable(),
})
export type NumberRule = z.infer<typeof NumberRule>

export const numberingRoutes = {
  'GET /api/number-rules': {
    summary: 'How documents of a project are numbered, and the next number of each kind',
    query: z.object({ projectId: Id }),
    response: z.object({
      projectCode: z.string(),
      /** Today, in the project's time zone. */
      day: z.iso.date(),
      rules: z.array(NumberRule),
    }),
  },
  'PUT /api/projects/:id/number-rules/:kind': {
    summary: 'Number a kind of document differently from now on; what has a number keeps it',
    params: z.object({ id: Id, kind: z.string().max(60) }),
    body: z.object({
      /** The one that was read: an edit of something that changed meanwhile is refused. */
      version: z.number().int(),
      pattern: z.string().trim().min(1).max(LONGEST_PATTERN),
      reset: NumberReset,
    }),
    response: NumberRule,
  },
} as const satisfies RouteTable
