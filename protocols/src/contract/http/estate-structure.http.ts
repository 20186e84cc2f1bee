/** How a project is built: zones, buildings, units, floors, rooms; the wizard that makes them; floor plans. */
import * as z from 'zod'
import { RoomKind } from './estate.http.ts'
import { DecimalText, Done, Id, Instant, idParams, type RouteTable } from './route.ts'

export const BuildingKind = z.enum(['residential', 'commercial', 'mixed', 'parking', 'other'])
export type BuildingKind = z.infer<typeof BuildingKind>
export const DeliveryState = z.enum(['unsold', 'toHandOver', 'handedOver'])
export type DeliveryState = z.infer<typeof DeliveryState>
export const DecorationState = z.enum(['bare', 'decorating', 'decorated'])
export const RentState = z.enum(['none', 'vacant', 'let'])

const code = z.string().trim().min(1).max(40)
const name = z.string().trim().min(1).max(80)
const area = z.string().regex(/^\d{1,9}(\.\d{1,2})?$/)

export const ProjectStructure = z.object({
  zones: z.array(z.object({ id: Id, code: z.string(), name: z.string() })),
  buildings: z.array(
    z.object({
      id: Id,
      zoneId: Id.nullable(),
      code: z.string(),
      name: z.string(),
      kind: BuildingKind,
      rooms: z.number().int(),
      occupied: z.number().int(),
    }),
  ),
})
export type ProjectStructure = z.infer<typeof ProjectStructure>

/**
 * How a room is coloured; the first that is true: `alarm` (a device of one of its meters is offline, or readings wait
 * for a person), `arrears` (issued bills of its household that are not known to be paid), `occupied` (a household lives
 * there), `empty`. Alarms and arrears only for those who may read meters and bills.
 */
export const RoomState = z.enum(['alarm', 'arrears', 'occupied', 'empty'])
export type RoomState = z.infer<typeof RoomState>

export const SectionRoom = z.object({
  id: Id,
  code: z.string(),
  kind: RoomKind,
  unitId: Id.nullable(),
  floor: z.number().int().nullable(),
  areaM2: DecimalText.nullable(),
  deliveryState: DeliveryState,
  household: z.object({ id: Id, accountNumber: z.string(), name: z.string() }).nullable(),
  owner: z.string().nullable(),
  state: RoomState,
  /** Sum of its household's open bills; null without any. */
  openAmount: DecimalText.nullable(),
  devicesOffline: z.number().int(),
  heldReadings: z.number().int(),
})
export type SectionRoom = z.infer<typeof SectionRoom>

export const BuildingSection = z.object({
  id: Id,
  projectId: Id,
  code: z.string(),
  name: z.string(),
  kind: BuildingKind,
  zone: z.object({ id: Id, name: z.string() }).nullable(),
  units: z.array(z.object({ id: Id, code: z.string(), name: z.string() })),
  rooms: z.array(SectionRoom),
  /** Floors that have a picture. */
  plans: z.array(z.number().int()),
})
export type BuildingSection = z.infer<typeof BuildingSection>

export const RoomHit = z.object({
  id: Id,
  code: z.string(),
  kind: RoomKind,
  building: z.object({ id: Id, name: z.string() }),
  unit: z.string().nullable(),
  floor: z.number().int().nullable(),
  household: z.object({ id: Id, accountNumber: z.string(), name: z.string() }).nullable(),
})
export type RoomHit = z.infer<typeof RoomHit>

// --- the wizard ---

const RoomTemplate = z.object({
  kind: RoomKind.default('flat'),
  areaM2: area.nullable().default(null),
  usableAreaM2: area.nullable().default(null),
})

/**
 * Patterns: `{building}` `{unit}` `{floor}` `{n}` are put in; `{floor:2}` with zeros in front. Basement levels are
 * written B1, B2 … for `{floor}`.
 */
export const GenerationPlan = z.object({
  zone: z.object({ code, name }).nullable().default(null),
  buildings: z.object({
    from: z.number().int().min(0).max(999),
    to: z.number().int().min(0).max(999),
    skip: z.array(z.number().int()).max(100).default([]),
    code,
    name,
    kind: BuildingKind.default('residential'),
  }),
  units: z.object({ count: z.number().int().min(0).max(30), code: code.default('{n}'), name }),
  floors: z.object({
    from: z.number().int().min(1).max(200),
    to: z.number().int().min(1).max(200),
    skip: z.array(z.number().int()).max(100).default([]),
  }),
  /** One for each room of a floor. */
  rooms: z.array(RoomTemplate).min(1).max(100),
  number: code,
  basement: z
    .object({
      levels: z.number().int().min(1).max(9),
      roomsPerLevel: z.number().int().min(1).max(1_000),
      kind: RoomKind.default('storage'),
      areaM2: area.nullable().default(null),
      number: code,
    })
    .nullable()
    .default(null),
  deliveryState: DeliveryState.default('unsold'),
})
export type GenerationPlan = z.infer<typeof GenerationPlan>

const Counts = z.object({
  zones: z.number().int(),
  buildings: z.number().int(),
  units: z.number().int(),
  rooms: z.number().int(),
})
export const GenerationPreview = z.object({
  /** What would be made, without what exists. */
  makes: Counts,
  existingRooms: z.number().int(),
  buildings: z.array(
    z.object({
      code: z.string(),
      name: z.string(),
      exists: z.boolean(),
      units: z.array(z.object({ code: z.string(), name: z.string(), exists: z.boolean() })),
      /** Top floor first; `unit` is a position in `units`, null without units. */
      floors: z.array(
        z.object({
          floor: z.number().int(),
          rooms: z.array(
            z.object({
              code: z.string(),
              kind: RoomKind,
              unit: z.number().int().nullable(),
              exists: z.boolean(),
            }),
          ),
        }),
      ),
    }),
  ),
})
export type GenerationPreview = z.infer<typeof GenerationPreview>

export const Generation = Counts.extend({
  id: Id,
  createdAt: Instant,
  createdBy: z.string().nullable(),
  undoneAt: Instant.nullable(),
})
export type Generation = z.infer<typeof Generation>

// --- floor plans ---

/** Corners in ten-thousandths of the picture's width and height. */
export const PlanShape = z.object({
  roomId: Id,
  points: z
    .array(z.tuple([z.number().int().min(0).max(10_000), z.number().int().min(0).max(10_000)]))
    .min(3)
    .max(60),
})
export type PlanShape = z.infer<typeof PlanShape>
export const FloorPlan = z.object({
  id: Id,
  floor: z.number().int(),
  /** Below `/api`, with the picture's hash, so it can be kept by the browser. */
  pictureUrl: z.string(),
  widthPx: z.number().int(),
  heightPx: z.number().int(),
  shapes: z.array(PlanShape),
  version: z.number().int(),
})
export type FloorPlan = z.infer<typeof FloorPlan>

const floorParams = z.object({ id: Id, floor: z.coerce.number().int().min(-20).max(300) })
/** PNG, JPEG or WebP in base64; at most 8 MB. */
export const PictureBody = z.object({ base64: z.string().min(20).max(11_200_000) })

export const estateStructureRoutes = {
  'GET /api/projects/:id/structure': {
    summary: 'Zones and buildings with their numbers of rooms',
    params: idParams,
    response: ProjectStructure,
  },
  'GET /api/projects/:id/room-search': {
    summary: 'Rooms by number, building or household; at most 50',
    params: idParams,
    query: z.object({ q: z.string().trim().min(1).max(60) }),
    response: z.array(RoomHit),
  },
  'GET /api/buildings/:id/section': {
    summary: 'A building with its units and rooms and how they are',
    params: idParams,
    response: BuildingSection,
  },
  'POST /api/projects/:id/generations/preview': {
    summary: 'What a run of the wizard would make',
    params: idParams,
    body: GenerationPlan,
    response: GenerationPreview,
  },
  'GET /api/projects/:id/generations': {
    summary: 'Runs of the wizard, newest first',
    params: idParams,
    response: z.array(Generation),
  },
  'POST /api/projects/:id/generations': {
    summary: 'Make zones, buildings, units and rooms; what exists stays as it is',
    params: idParams,
    body: GenerationPlan,
    response: Generation,
  },
  'POST /api/generations/:id/undo': {
    summary: 'Take back what a run of the wizard made, while nothing hangs on it',
    params: idParams,
    response: Generation,
  },
  'GET /api/buildings/:id/floor-plans/:floor': {
    summary: 'The plan of a floor; null without a picture',
    params: floorParams,
    response: FloorPlan.nullable(),
  },
  'PUT /api/buildings/:id/floor-plans/:floor/picture': {
    summary: 'Give a floor its picture; drawn rooms stay',
    params: floorParams,
    body: PictureBody,
    response: FloorPlan,
  },
  'PUT /api/buildings/:id/floor-plans/:floor/shapes': {
    summary: 'Where the rooms are on the picture',
    params: floorParams,
    body: z.object({ version: z.number().int(), shapes: z.array(PlanShape).max(500) }),
    response: FloorPlan,
  },
  'DELETE /api/buildings/:id/floor-plans/:floor': {
    summary: 'Remove picture and shapes of a floor',
    params: floorParams,
    response: Done,
  },
  'GET /api/buildings/:id/floor-plans/:floor/picture': {
    summary: 'The picture itself',
    params: floorParams,
    query: z.object({ v: z.string().max(64).optional() }),
    response: z.unknown(),
  },
} as const satisfies RouteTable
