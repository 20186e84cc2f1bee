/** The telephone system tells of a call; the agent's screen shows who it is. */
import * as z from 'zod'
import { DecimalText, Done, Id, Instant, idParams, type RouteTable } from './route.ts'

export const CallDirection = z.enum(['inbound', 'outbound'])

/** What the pop-up shows. */
export const CallCard = z.object({
  id: Id,
  phone: z.string(),
  direction: CallDirection,
  at: Instant,
  note: z.string().nullable(),
  /** Null: nobody on file has this number. */
  party: z.object({ id: Id, name: z.string(), specialCare: z.string().nullable() }).nullable(),
  /** How many people on file have this number, when it is more than one. */
  samePhone: z.number().int(),
  rooms: z.array(z.object({ id: Id, name: z.string(), role: z.string() })),
  household: z.object({ id: Id, accountNumber: z.string(), name: z.string() }).nullable(),
  /** Null for those who may not read bills. */
  openAmount: DecimalText.nullable(),
  openDefects: z.number().int(),
  openPermits: z.number().int(),
  projectId: Id.nullable(),
})
export type CallCard = z.infer<typeof CallCard>

export const callsRoutes = {
  'POST /api/cti/calls': {
    summary: 'A call begins: finds who it is and shows it to the agent',
    body: z.object({
      phone: z.string().trim().min(3).max(40),
      /** Username, or extension. */
      agent: z.string().trim().min(1).max(60),
      direction: CallDirection.default('inbound'),
      at: Instant.optional(),
    }),
    response: z.object({ id: Id, partyId: Id.nullable(), householdId: Id.nullable() }),
  },
  'GET /api/calls/:id/card': { summary: 'What the pop-up shows', params: idParams, response: CallCard },
  'PUT /api/calls/:id/note': {
    summary: 'What the call was about',
    params: idParams,
    body: z.object({ note: z.string().trim().max(2_000) }),
    response: Done,
  },
  'GET /api/cti/extension': {
    summary: 'The telephone at which I sit',
    response: z.object({ extension: z.string().nullable() }),
  },
  'PUT /api/cti/extension': {
    summary: 'Say at which telephone I sit; null: at none',
    body: z.object({
      extension: z
        .string()
        .trim()
        .regex(/^[\w*#+-]{1,20}$/)
        .nullable(),
    }),
    response: Done,
  },
} as const satisfies RouteTable
