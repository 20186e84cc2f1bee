import type pg from 'pg'
import { invalidInput } from '../../platform/errors.ts'
import { defineResource, type RecordChange } from '../../platform/resource/resource.ts'
import { checkVehicle, endVehicle, plainPlate } from './domain/vehicle.ts'
import type { PartyReason } from './reasons.ts'
import './permissions.ts'

/** Registrations of vehicles: each with its owner and space from one day to another. */
export const vehicleResource = defineResource({
  name: 'vehicle',
  path: 'vehicles',
  label: { zh: '车辆', en: 'Vehicles' },
  table: 'vehicle',
  // A vehicle lies where its space does, or where its owner has a role
  scope: {
    project: 'project_id',
    building: (
      ids,
    ) => `(r.parking_room_id IN (SELECT id FROM room WHERE building_id = ANY(${ids})) OR r.owner_id IN (
      SELECT party_id FROM party_role WHERE building_id = ANY(${ids})))`,
  },
  permissions: { read: 'vehicle.read', write: 'vehicle.write' },
  titleField: 'plate',
  defaultSort: 'plate',
  uniqueKey: ['plate', 'from'],
  fields: {
    plate: {
      kind: 'text',
      label: { zh: '车牌', en: 'Plate' },
      required: true,
      maxLength: 20,
      list: true,
      sort: true,
      search: true,
      index: true,
    },
    kind: {
      kind: 'choice',
      label: { zh: '车型', en: 'Kind' },
      required: true,
      default: 'car',
      list: true,
      options: [
        { value: 'car', label: { zh: '小汽车', en: 'Car' } },
        { value: 'electric', label: { zh: '新能源车', en: 'Electric car' } },
        { value: 'motorcycle', label: { zh: '摩托车', en: 'Motorcycle' } },
        { value: 'truck', label: { zh: '货车', en: 'Truck' } },
        { value: 'other', label: { zh: '其他', en: 'Other' } },
      ],
    },
    description: {
      kind: 'text',
      label: { zh: '颜色品牌', en: 'Colour and make' },
      maxLength: 80,
      list: true,
    },
    ownerId: {
      kind: 'reference',
      resource: 'party',
      label: { zh: '车主', en: 'Owner' },
      help: {
        zh: '换车主时：结束本登记并新建',
        en: 'A new owner: end this registration and make another one',
      },
      required: true,
      createOnly: true,
      list: true,
    },
    parkingRoomId: {
      kind: 'reference',
      resource: 'room',
      label: { zh: '车位', en: 'Parking space' },
      createOnly: true,
      list: true,
    },
    from: {
      kind: 'day',
      column: 'from_day',
      label: { zh: '起始日', en: 'From' },
      required: true,
      createOnly: true,
      list: true,
      sort: true,
    },
    to: {
      kind: 'day',
      column: 'to_day',
      label: { zh: '截止日（不含）', en: 'Until (not included)' },
      list: true,
      sort: true,
    },
  },
  hooks: { check: checkVehicle, beforeSave: parkedOnASpace },
  actions: {
    end: {
      label: { zh: '结束登记', en: 'End registration' },
      tone: 'attention',
      fields: {
        to: { kind: 'day', label: { zh: '截止日（不含）', en: 'Until (not included)' }, required: true },
      },
      decide: endVehicle,
    },
  },
})

async function parkedOnASpace(tx: pg.ClientBase, { before, after }: RecordChange) {
  const changed = after.parkingRoomId && after.parkingRoomId !== before?.parkingRoomId
  if (changed && !(await isParkingSpace(tx, String(after.parkingRoomId)))) {
    const reason: PartyReason = { code: 'vehicle.no_parking_space' }
    throw invalidInput('Not a parking space', [{ path: 'parkingRoomId', reason }])
  }
  return { plate: plainPlate(String(after.plate)) }
}

async function isParkingSpace(tx: pg.ClientBase, roomId: string): Promise<boolean> {
  const { rowCount } = await tx.query(`SELECT FROM room WHERE id = $1 AND kind = 'parking'`, [roomId])
  return rowCount === 1
}
