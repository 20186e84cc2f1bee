/** People and organisations, what they are to rooms, and everything about an account on one page. */
import * as z from 'zod'
import { RoomKind, HouseholdKind } from './estate.http.ts'
import { DecorationState, DeliveryState, RentState } from './estate-structure.http.ts'
import { Day, DecimalText, Done, Id, Instant, idParams, type RouteTable } from './route.ts'
import { Medium } from '../telemetry.ts'

/** `owner` is the main owner, of whom a room has one at a time. */
export const PartyRoleKind = z.enum(['owner', 'coOwner', 'family', 'resident', 'tenant', 'contact'])
export type PartyRoleKind = z.infer<typeof PartyRoleKind>
export const PartyKind = z.enum(['person', 'organisation'])
export const IdentityKind = z.enum(['idCard', 'passport', 'residencePermit', 'businessLicence', 'other'])
export const VehicleKind = z.enum(['car', 'electric', 'motorcycle', 'truck', 'other'])
export const KeyKind = z.enum(['door', 'mailbox', 'card', 'remote', 'other'])
export type KeyKind = z.infer<typeof KeyKind>

const PartyName = z.object({ id: Id, name: z.string() })
export const RoomPlace = z.object({
  id: Id,
  code: z.string(),
  building: z.object({ id: Id, name: z.string() }),
  unit: z.string().nullable(),
})

/** Somebody in a role from when to when; phone masked for those who may not see it whole. */
export const PersonInRoom = z.object({
  roleId: Id,
  party: z.object({
    id: Id,
    kind: PartyKind,
    name: z.string(),
    phone: z.string().nullable(),
    secondPhone: z.string().nullable(),
    specialCare: z.string().nullable(),
    preferences: z.string().nullable(),
    birthday: Day.nullable(),
    /** Phones are not shown whole. */
    masked: z.boolean(),
  }),
  room: z.object({ id: Id, code: z.string() }),
  role: PartyRoleKind,
  sharePercent: DecimalText.nullable(),
  from: Instant,
  to: Instant.nullable(),
})
export type PersonInRoom = z.infer<typeof PersonInRoom>

export const HouseholdFile = z.object({
  id: Id,
  projectId: Id,
  accountNumber: z.string(),
  name: z.string(),
  kind: HouseholdKind,
  version: z.number().int(),
  payer: PartyName.nullable(),
  rooms: z.array(
    RoomPlace.extend({
      kind: RoomKind,
      floor: z.number().int().nullable(),
      areaM2: DecimalText.nullable(),
      deliveryState: DeliveryState,
      from: Instant,
      /** Null: lives there now. */
      to: Instant.nullable(),
    }),
  ),
})
export type HouseholdFile = z.infer<typeof HouseholdFile>

export const HouseholdMeter = z.object({
  id: Id,
  code: z.string(),
  name: z.string(),
  medium: Medium,
  unit: z.string(),
  serial: z.string().nullable(),
  lastRead: z.object({ at: Instant, index: DecimalText }).nullable(),
  usageThisMonth: DecimalText.nullable(),
  usageLastMonth: DecimalText.nullable(),
  /** The last 31 days, oldest first; null where nothing is known. */
  days: z.array(z.object({ day: Day, usage: DecimalText.nullable() })),
})
export type HouseholdMeter = z.infer<typeof HouseholdMeter>

export const HouseholdMoney = z.object({
  openBills: z.number().int(),
  openAmount: DecimalText,
  /** Newest first, at most 12. */
  bills: z.array(
    z.object({
      id: Id,
      number: z.string().nullable(),
      month: z.string(),
      item: z.object({ zh: z.string(), en: z.string() }),
      quantity: DecimalText,
      unit: z.string(),
      amount: DecimalText,
      estimated: z.boolean(),
      issuedAt: Instant.nullable(),
    }),
  ),
})
export type HouseholdMoney = z.infer<typeof HouseholdMoney>

export const KeyHolding = z.object({
  id: Id,
  room: z.object({ id: Id, code: z.string() }),
  kind: KeyKind,
  label: z.string(),
  quantity: z.number().int(),
  holder: z.string(),
  from: Instant,
  to: Instant.nullable(),
})
export type KeyHolding = z.infer<typeof KeyHolding>

/** What belongs to the people and rooms of an account. */
export const HouseholdBelongings = z.object({
  vehicles: z.array(
    z.object({
      id: Id,
      plate: z.string(),
      kind: VehicleKind,
      description: z.string().nullable(),
      owner: PartyName,
      parking: z.string().nullable(),
      from: Day,
      to: Day.nullable(),
    }),
  ),
  keys: z.array(KeyHolding),
  handovers: z.array(
    z.object({
      id: Id,
      batchId: Id,
      batch: z.string(),
      room: z.string(),
      state: z.string(),
      at: Instant.nullable(),
    }),
  ),
  openDefects: z.number().int(),
  permits: z.array(
    z.object({
      id: Id,
      number: z.string(),
      room: z.string(),
      company: z.string(),
      state: z.string(),
      startsOn: Day,
      endsOn: Day,
    }),
  ),
})
export type HouseholdBelongings = z.infer<typeof HouseholdBelongings>

/** What another module keeps about an account: repairs, complaints, calls … */
export const HouseholdPanel = z.object({
  key: z.string(),
  label: z.object({ zh: z.string(), en: z.string() }),
  /** Not settled yet; null where nothing is ever open. */
  open: z.number().int().nullable(),
  /** Page with all of them. */
  href: z.string(),
  items: z.array(
    z.object({
      id: Id,
      title: z.string(),
      note: z.string().nullable(),
      at: Instant,
      href: z.string(),
      state: z.object({
        tone: z.enum(['ok', 'attention', 'fault', 'neutral']),
        label: z.object({ zh: z.string(), en: z.string() }),
      }),
    }),
  ),
})
export type HouseholdPanel = z.infer<typeof HouseholdPanel>

export const HouseholdNote = z.object({
  id: Id,
  text: z.string(),
  version: z.number().int(),
  createdAt: Instant,
  createdBy: z.string().nullable(),
  updatedAt: Instant,
  mine: z.boolean(),
})
export type HouseholdNote = z.infer<typeof HouseholdNote>

/** Something that happened; `text` holds names, the sentence is the console's. */
export const HouseholdEvent = z.object({
  at: Instant,
  kind: z.enum([
    'movedIn',
    'movedOut',
    'roleBegan',
    'roleEnded',
    'ownerChanged',
    'handedOver',
    'keysGiven',
    'keysReturned',
    'vehicleRegistered',
    'note',
    'call',
    'edited',
  ]),
  /** Who it is about. */
  subject: z.string().nullable(),
  /** Role, room, plate, words of a note. */
  detail: z.string().nullable(),
  /** Who wrote it down. */
  actor: z.string().nullable(),
})
export type HouseholdEvent = z.infer<typeof HouseholdEvent>

export const RoomFile = z.object({
  id: Id,
  projectId: Id,
  version: z.number().int(),
  code: z.string(),
  kind: RoomKind,
  floor: z.number().int().nullable(),
  areaM2: DecimalText.nullable(),
  usableAreaM2: DecimalText.nullable(),
  deliveryState: DeliveryState,
  decorationState: DecorationState,
  rentState: RentState,
  building: z.object({ id: Id, name: z.string() }),
  unit: z.string().nullable(),
  people: z.array(PersonInRoom),
  /** Newest first. */
  households: z.array(
    z.object({ id: Id, accountNumber: z.string(), name: z.string(), from: Instant, to: Instant.nullable() }),
  ),
  ownerChanges: z.array(
    z.object({
      id: Id,
      at: Instant,
      from: z.string().nullable(),
      to: z.string(),
      settlement: z.string(),
      unpaidAmount: DecimalText,
    }),
  ),
  keys: z.array(KeyHolding),
})
export type RoomFile = z.infer<typeof RoomFile>

export const PartyFile = z.object({
  id: Id,
  projectId: Id,
  name: z.string(),
  roles: z.array(
    z.object({
      roleId: Id,
      role: PartyRoleKind,
      sharePercent: DecimalText.nullable(),
      from: Instant,
      to: Instant.nullable(),
      room: RoomPlace,
      household: z.object({ id: Id, accountNumber: z.string() }).nullable(),
    }),
  ),
})
export type PartyFile = z.infer<typeof PartyFile>

/** Somebody on file (`partyId`), or a new `person`, who then lies in the room's building from the start. */
const newRole = z
  .object({
    partyId: Id.optional(),
    person: z
      .object({
        name: z.string().trim().min(1).max(80),
        kind: PartyKind.default('person'),
        phone: z.string().trim().min(3).max(40).nullable().default(null),
      })
      .optional(),
    role: PartyRoleKind,
    sharePercent: z
      .string()
      .regex(/^\d{1,3}(\.\d{1,4})?$/)
      .nullable()
      .default(null),
    /** Default: now. */
    from: Instant.optional(),
  })
  .refine(({ partyId, person }) => (partyId === undefined) !== (person === undefined), { path: ['partyId'] })
const noteText = z.object({ text: z.string().trim().min(1).max(4_000) })
const householdParams = idParams

export const partiesRoutes = {
  'GET /api/rooms/:id/file': {
    summary: 'A room with its people and history',
    params: idParams,
    response: RoomFile,
  },
  'GET /api/parties/:id/file': {
    summary: 'What somebody is to which rooms',
    params: idParams,
    response: PartyFile,
  },
  'POST /api/rooms/:id/roles': {
    summary: 'Somebody becomes owner, tenant … of a room',
    params: idParams,
    body: newRole,
    response: z.object({ id: Id, partyId: Id }),
  },
  'POST /api/party-roles/:id/end': {
    summary: 'Ends a role',
    params: idParams,
    body: z.object({ at: Instant.optional() }),
    response: Done,
  },
  'POST /api/rooms/:id/household': {
    summary: 'An account moves in, or the room becomes empty',
    params: idParams,
    body: z.object({
      household: z
        .union([
          z.object({ id: Id }),
          z.object({
            accountNumber: z.string().trim().min(1).max(40),
            name: z.string().trim().min(1).max(80),
            kind: HouseholdKind,
          }),
        ])
        .nullable(),
      at: Instant.optional(),
    }),
    response: z.object({ householdId: Id.nullable() }),
  },
  'POST /api/rooms/:id/keys': {
    summary: 'Keys or cards are given to somebody',
    params: idParams,
    body: z.object({
      kind: KeyKind,
      label: z.string().trim().min(1).max(80),
      quantity: z.number().int().min(1).max(1_000),
      partyId: Id.nullable().default(null),
      holder: z.string().trim().max(80).default(''),
    }),
    response: z.object({ id: Id }),
  },
  'POST /api/keys/:id/return': { summary: 'Keys come back', params: idParams, response: Done },
  'GET /api/households/:id': { summary: 'An account', params: householdParams, response: HouseholdFile },
  'PATCH /api/households/:id': {
    summary: 'Change name, kind or payer of an account',
    params: householdParams,
    body: z.object({
      version: z.number().int(),
      name: z.string().trim().min(1).max(80).optional(),
      kind: HouseholdKind.optional(),
      payerId: Id.nullable().optional(),
    }),
    response: HouseholdFile,
  },
  'GET /api/households/:id/people': {
    summary: 'Everybody of its rooms, now and before',
    params: householdParams,
    response: z.array(PersonInRoom),
  },
  'GET /api/households/:id/meters': {
    summary: 'Meters of its rooms with their usage',
    params: householdParams,
    response: z.array(HouseholdMeter),
  },
  'GET /api/households/:id/money': {
    summary: 'Bills and what is open',
    params: householdParams,
    response: HouseholdMoney,
  },
  'GET /api/households/:id/belongings': {
    summary: 'Vehicles, keys, handovers, permits',
    params: householdParams,
    response: HouseholdBelongings,
  },
  'GET /api/households/:id/panels': {
    summary: 'What other modules keep about it; those with nothing are left out',
    params: householdParams,
    response: z.array(HouseholdPanel),
  },
  'GET /api/households/:id/notes': {
    summary: 'Notes, newest first',
    params: householdParams,
    response: z.array(HouseholdNote),
  },
  'POST /api/households/:id/notes': {
    summary: 'Write a note',
    params: householdParams,
    body: noteText,
    response: HouseholdNote,
  },
  'PATCH /api/household-notes/:id': {
    summary: 'Change a note',
    params: idParams,
    body: noteText.extend({ version: z.number().int() }),
    response: HouseholdNote,
  },
  'GET /api/households/:id/history': {
    summary: 'What happened to it, newest first, at most 100',
    params: householdParams,
    response: z.array(HouseholdEvent),
  },
} as const satisfies RouteTable
