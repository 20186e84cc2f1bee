/** The wizard's form and the plan that it makes. */
import type { RouteBody, RoomKind } from '@courtyard/protocols/contract'
import { m } from '#lib/paraglide/messages.js'

type Plan = RouteBody<'POST /api/projects/:id/generations'>

export interface WizardValues {
  zoneCode: string
  zoneName: string
  buildingFrom: number
  buildingTo: number
  buildingSkip: string
  buildingCode: string
  buildingName: string
  buildingKind: NonNullable<Plan['buildings']['kind']>
  units: number
  unitName: string
  floorFrom: number
  floorTo: number
  floorSkip: string
  roomsPerFloor: number
  rooms: { kind: RoomKind; areaM2: string }[]
  number: string
  basements: number
  basementRooms: number
  basementKind: RoomKind
  basementArea: string
  basementNumber: string
  deliveryState: NonNullable<Plan['deliveryState']>
}

/** A tower: what most people begin with. */
export function newPlan(): { values: WizardValues; toPlan: (values: WizardValues) => Plan } {
  return {
    toPlan: planOf,
    values: {
      zoneCode: '',
      zoneName: '',
      buildingFrom: 1,
      buildingTo: 1,
      buildingSkip: '',
      buildingCode: '{n}',
      buildingName: m.est_pattern_building({ n: '{n}' }),
      buildingKind: 'residential',
      units: 1,
      unitName: m.est_pattern_unit({ n: '{n}' }),
      floorFrom: 1,
      floorTo: 30,
      floorSkip: '',
      roomsPerFloor: 4,
      rooms: Array.from({ length: 4 }, () => ({ kind: 'flat' as const, areaM2: '' })),
      number: '{unit}{floor:2}{n:2}',
      basements: 0,
      basementRooms: 20,
      basementKind: 'parking',
      basementArea: '',
      basementNumber: '{floor}-{n:3}',
      deliveryState: 'unsold',
    },
  }
}

/** Numbers out of `4, 13、14 18`. */
export function numbersIn(text: string): number[] {
  return text
    .split(/[^\d-]+/)
    .filter(Boolean)
    .map(Number)
    .filter(Number.isInteger)
}

/** As many templates as there are rooms on a floor; new ones are like the last. */
export function fitRooms(values: WizardValues): void {
  const wanted = Math.min(Math.max(Math.trunc(values.roomsPerFloor) || 1, 1), 100)
  const last = values.rooms.at(-1) ?? { kind: 'flat' as const, areaM2: '' }
  while (values.rooms.length < wanted) values.rooms.push({ ...last })
  values.rooms.length = wanted
}

function planOf(values: WizardValues): Plan {
  const zone = values.zoneCode.trim()
  return {
    zone: zone ? { code: zone, name: values.zoneName.trim() || zone } : null,
    buildings: {
      from: values.buildingFrom,
      to: values.buildingTo,
      skip: numbersIn(values.buildingSkip),
      code: values.buildingCode,
      name: values.buildingName,
      kind: values.buildingKind,
    },
    units: { count: values.units, name: values.unitName },
    floors: { from: values.floorFrom, to: values.floorTo, skip: numbersIn(values.floorSkip) },
    rooms: values.rooms.map(({ kind, areaM2 }) => ({ kind, areaM2: areaM2.trim() || null })),
    number: values.number,
    basement:
      values.basements > 0
        ? {
            levels: values.basements,
            roomsPerLevel: values.basementRooms,
            kind: values.basementKind,
            areaM2: values.basementArea.trim() || null,
            number: values.basementNumber,
          }
        : null,
    deliveryState: values.deliveryState,
  }
}
