/** Rooms that go to owners, from one owner to another, and that are fitted out. */
import * as z from 'zod'
import { HouseholdKind } from './estate.http.ts'
import { PictureBody } from './estate-structure.http.ts'
import { KeyKind, RoomPlace } from './parties.http.ts'
import { Day, DecimalText, Done, Id, Instant, idParams, type RouteTable } from './route.ts'
import { ProcessDetail } from './workflow.http.ts'

const money = z.string().regex(/^\d{1,12}(\.\d{1,2})?$/)
const words = z.string().trim().max(2_000)
const version = z.number().int()

export const HandoverState = z.enum([
  'planned',
  'notified',
  'appointed',
  'inspecting',
  'completed',
  'cancelled',
])
export type HandoverState = z.infer<typeof HandoverState>
export const DefectState = z.enum(['open', 'fixing', 'fixed', 'accepted', 'waived'])
export type DefectState = z.infer<typeof DefectState>

export const InspectionItem = z.object({
  area: z.string().trim().min(1).max(60),
  text: z.string().trim().min(1).max(200),
})
export type InspectionItem = z.infer<typeof InspectionItem>

export const HandoverBatch = z.object({
  id: Id,
  building: z.object({ id: Id, name: z.string() }),
  name: z.string(),
  notice: z.string(),
  startsOn: Day,
  endsOn: Day,
  total: z.number().int(),
  completed: z.number().int(),
  appointed: z.number().int(),
  openDefects: z.number().int(),
})
export type HandoverBatch = z.infer<typeof HandoverBatch>

export const HandoverLine = z.object({
  id: Id,
  room: z.object({ id: Id, code: z.string() }),
  state: HandoverState,
  party: z.object({ id: Id, name: z.string() }).nullable(),
  appointedFor: Instant.nullable(),
  completedAt: Instant.nullable(),
  looked: z.number().int(),
  items: z.number().int(),
  defects: z.number().int(),
})
export type HandoverLine = z.infer<typeof HandoverLine>
export const HandoverBatchDetail = HandoverBatch.extend({
  items: z.array(InspectionItem),
  handovers: z.array(HandoverLine),
})
export type HandoverBatchDetail = z.infer<typeof HandoverBatchDetail>

export const HandoverKey = z.object({
  kind: KeyKind,
  label: z.string().trim().min(1).max(80),
  quantity: z.number().int().min(1).max(1_000),
})
/** Amounts are written down here; the cashier's books do not know them. */
export const HandoverCharge = z.object({
  direction: z.enum(['charge', 'refund']),
  text: z.string().trim().min(1).max(120),
  amount: money,
  state: z.enum(['due', 'settled', 'waived']),
})
export const HandoverRead = z.object({
  meteringPointId: Id,
  name: z.string(),
  serial: z.string(),
  index: DecimalText,
  unit: z.string(),
  at: Instant,
})

export const Defect = z.object({
  id: Id,
  itemId: Id.nullable(),
  title: z.string(),
  detail: z.string().nullable(),
  state: DefectState,
  version,
})
export const HandoverDetail = z.object({
  id: Id,
  projectId: Id,
  version,
  state: HandoverState,
  batch: z.object({ id: Id, name: z.string(), notice: z.string() }),
  room: RoomPlace,
  party: z.object({ id: Id, name: z.string() }).nullable(),
  notifiedAt: Instant.nullable(),
  appointedFor: Instant.nullable(),
  completedAt: Instant.nullable(),
  remark: z.string().nullable(),
  items: z.array(
    InspectionItem.extend({
      id: Id,
      result: z.enum(['ok', 'defect']).nullable(),
      remark: z.string().nullable(),
      hasPhoto: z.boolean(),
    }),
  ),
  defects: z.array(Defect),
  keys: z.array(HandoverKey),
  charges: z.array(HandoverCharge),
  reads: z.array(HandoverRead),
  meters: z.array(
    z.object({
      id: Id,
      name: z.string(),
      serial: z.string().nullable(),
      unit: z.string(),
      lastIndex: DecimalText.nullable(),
    }),
  ),
})
export type HandoverDetail = z.infer<typeof HandoverDetail>

// --- change of owner ---

export const Settlement = z.enum(['nothingDue', 'staysWithSeller', 'takenOver'])
export type Settlement = z.infer<typeof Settlement>

export const OwnerChangePreview = z.object({
  room: RoomPlace.extend({ projectId: Id }),
  owner: z.object({ id: Id, name: z.string(), since: Instant }).nullable(),
  /** Roles that end with the owner's. */
  ending: z.array(z.object({ name: z.string(), role: z.string() })),
  household: z.object({ id: Id, accountNumber: z.string(), name: z.string() }).nullable(),
  unpaidBills: z.array(
    z.object({
      id: Id,
      number: z.string().nullable(),
      month: z.string(),
      item: z.object({ zh: z.string(), en: z.string() }),
      amount: DecimalText,
    }),
  ),
  unpaidAmount: DecimalText,
  meters: HandoverDetail.shape.meters,
})
export type OwnerChangePreview = z.infer<typeof OwnerChangePreview>

// --- fit-out ---

export const PermitState = z.enum([
  'submitted',
  'approved',
  'rejected',
  'working',
  'finished',
  'closed',
  'cancelled',
])
export type PermitState = z.infer<typeof PermitState>
export const DepositState = z.enum(['none', 'due', 'held', 'refunded', 'kept'])
export type DepositState = z.infer<typeof DepositState>

export const FitOutPass = z.object({
  id: Id,
  /** What the QR code holds. */
  code: z.string(),
  workerName: z.string(),
  workerPhone: z.string().nullable(),
  validFrom: Day,
  validTo: Day,
  revokedAt: Instant.nullable(),
})
export const FitOutPermit = z.object({
  id: Id,
  projectId: Id,
  version,
  number: z.string(),
  state: PermitState,
  room: RoomPlace,
  applicant: z.object({ id: Id, name: z.string() }),
  company: z.string(),
  companyPhone: z.string().nullable(),
  work: z.string(),
  startsOn: Day,
  endsOn: Day,
  depositAmount: DecimalText,
  depositState: DepositState,
  refundedAmount: DecimalText.nullable(),
  /** Through which it goes: who has to do what, what was said, and what the reader may answer. */
  process: ProcessDetail.nullable(),
  /** The process ended with a deposit in hand, and the reader may give it back. */
  maySettle: z.boolean(),
  inspections: z.array(
    z.object({
      id: Id,
      at: Instant,
      result: z.enum(['ok', 'defect']),
      remark: z.string(),
      by: z.string().nullable(),
    }),
  ),
  passes: z.array(FitOutPass),
})
export type FitOutPermit = z.infer<typeof FitOutPermit>

const itemParams = z.object({ id: Id, itemId: Id })

export const handoverRoutes = {
  'GET /api/projects/:id/handover-batches': {
    summary: 'Handovers by building, newest first',
    params: idParams,
    response: z.array(HandoverBatch),
  },
  'POST /api/buildings/:id/handover-batches': {
    summary: 'Plan the handover of rooms that are not handed over yet',
    params: idParams,
    body: z.object({
      name: z.string().trim().min(1).max(80),
      notice: z.string().trim().max(4_000),
      startsOn: Day,
      endsOn: Day,
      items: z.array(InspectionItem).min(1).max(100),
      /** Null: all of the building. */
      roomIds: z.array(Id).min(1).max(5_000).nullable().default(null),
    }),
    response: HandoverBatchDetail,
  },
  'GET /api/handover-batches/:id': {
    summary: 'Rooms of a handover',
    params: idParams,
    response: HandoverBatchDetail,
  },
  'POST /api/handover-batches/:id/notify': {
    summary: 'Note that the notice went out to all who had none yet',
    params: idParams,
    response: HandoverBatchDetail,
  },
  'GET /api/handovers/:id': { summary: 'The handover of a room', params: idParams, response: HandoverDetail },
  'POST /api/handovers/:id/appoint': {
    summary: 'Agree on a time and on who comes',
    params: idParams,
    body: z.object({ version, at: Instant, partyId: Id.nullable().default(null) }),
    response: HandoverDetail,
  },
  'PUT /api/handovers/:id/inspection': {
    summary: 'What was found; items left out stay as they are',
    params: idParams,
    body: z.object({
      version,
      items: z
        .array(
          z.object({
            id: Id,
            result: z.enum(['ok', 'defect']).nullable(),
            remark: words.nullable().default(null),
          }),
        )
        .max(100),
    }),
    response: HandoverDetail,
  },
  'PUT /api/handovers/:id/items/:itemId/photo': {
    summary: 'A photo of what was found',
    params: itemParams,
    body: PictureBody,
    response: Done,
  },
  'GET /api/handovers/:id/items/:itemId/photo': {
    summary: 'The photo itself',
    params: itemParams,
    response: z.unknown(),
  },
  'POST /api/handovers/:id/read': {
    summary: 'Read a meter, kept with the handover',
    params: idParams,
    body: z.object({ meteringPointId: Id, index: DecimalText }),
    response: HandoverDetail,
  },
  'PUT /api/handovers/:id/terms': {
    summary: 'Keys, charges and refunds, who takes over',
    params: idParams,
    body: z.object({
      version,
      partyId: Id.nullable(),
      remark: words.nullable(),
      keys: z.array(HandoverKey).max(50),
      charges: z.array(HandoverCharge).max(50),
    }),
    response: HandoverDetail,
  },
  'POST /api/handovers/:id/complete': {
    summary: 'The room is handed over: state, owner and keys at once',
    params: idParams,
    body: z.object({ version }),
    response: HandoverDetail,
  },
  'POST /api/handovers/:id/cancel': {
    summary: 'Give a handover up',
    params: idParams,
    body: z.object({ version, remark: words.min(1) }),
    response: HandoverDetail,
  },
  'POST /api/defects/:id/state': {
    summary: 'Where putting a defect right stands',
    params: idParams,
    body: z.object({ version, state: DefectState }),
    response: Done,
  },
  'GET /api/rooms/:id/owner-change': {
    summary: 'What a change of owner would mean now',
    params: idParams,
    response: OwnerChangePreview,
  },
  'POST /api/rooms/:id/owner-change': {
    summary: 'The room goes to another owner, at one instant',
    params: idParams,
    body: z.object({
      toPartyId: Id,
      /** Default: now. */
      at: Instant.optional(),
      /** The new owner's account. */
      account: z.union([
        z.object({ id: Id }),
        z.object({
          accountNumber: z.string().trim().min(1).max(40),
          name: z.string().trim().min(1).max(80),
          kind: HouseholdKind,
        }),
      ]),
      settlement: Settlement,
      /** Has to be what is unpaid: somebody may have issued bills meanwhile. */
      unpaidAmount: DecimalText,
      reads: z
        .array(z.object({ meteringPointId: Id, index: DecimalText }))
        .max(20)
        .default([]),
      reason: words.nullable().default(null),
    }),
    response: z.object({ id: Id, householdId: Id }),
  },
  'POST /api/rooms/:id/fit-out-permits': {
    summary: 'Apply for a fit-out permit',
    params: idParams,
    body: z.object({
      applicantId: Id,
      company: z.string().trim().min(1).max(120),
      companyPhone: z.string().trim().max(40).nullable().default(null),
      work: words.min(1),
      startsOn: Day,
      endsOn: Day,
      depositAmount: money.default('0'),
    }),
    response: FitOutPermit,
  },
  'GET /api/fit-out-permits/:id/file': { summary: 'A permit', params: idParams, response: FitOutPermit },
  'POST /api/fit-out-permits/:id/deposit': {
    summary: 'Give a deposit back that was in hand when the process ended',
    params: idParams,
    /** Amount: null is all of it, 0 none. */
    body: z.object({ version, refundedAmount: money.nullable() }),
    response: FitOutPermit,
  },
  'POST /api/fit-out-permits/:id/inspections': {
    summary: 'Somebody looked at the work',
    params: idParams,
    body: z.object({ result: z.enum(['ok', 'defect']), remark: words }),
    response: FitOutPermit,
  },
  'POST /api/fit-out-permits/:id/passes': {
    summary: 'A pass for a worker',
    params: idParams,
    body: z.object({
      workerName: z.string().trim().min(1).max(60),
      workerPhone: z.string().trim().max(40).nullable().default(null),
      validFrom: Day,
      validTo: Day,
    }),
    response: FitOutPermit,
  },
  'POST /api/fit-out-passes/:id/revoke': {
    summary: 'A pass counts no more',
    params: idParams,
    response: FitOutPermit,
  },
  'GET /api/fit-out-passes/:code': {
    summary: 'What a pass at the gate is worth',
    params: z.object({ code: z.string().min(8).max(64) }),
    response: z.object({
      valid: z.boolean(),
      why: z.enum(['ok', 'revoked', 'notYet', 'over', 'permitNotOpen']),
      workerName: z.string(),
      company: z.string(),
      room: z.string(),
      validFrom: Day,
      validTo: Day,
    }),
  },
} as const satisfies RouteTable
