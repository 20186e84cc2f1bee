/** Zones, buildings, units and rooms as lists with forms, import and export. */
import type pg from 'pg'
import { invalidInput } from '../../platform/errors.ts'
import { defineResource, type RecordChange } from '../../platform/resource/resource.ts'
import { buildingKinds, decorationStates, deliveryStates, rentStates, roomKinds } from './choices.ts'
import type { EstateReason } from './reasons.ts'
import './permissions.ts'

const permissions = { read: 'estate.read', write: 'estate.write' } as const

const code = {
  kind: 'text',
  label: { zh: '编号', en: 'Code' },
  required: true,
  maxLength: 40,
  list: true,
  sort: true,
  search: true,
} as const
const name = {
  kind: 'text',
  label: { zh: '名称', en: 'Name' },
  required: true,
  maxLength: 80,
  list: true,
  sort: true,
  search: true,
} as const
const position = { kind: 'integer', label: { zh: '排序', en: 'Order' }, default: 0, sort: true } as const

export const zoneResource = defineResource({
  name: 'zone',
  path: 'zones',
  page: '/estate/zones',
  label: { zh: '分区', en: 'Zones' },
  table: 'zone',
  scope: { project: 'project_id', anyPart: true },
  permissions,
  titleField: 'name',
  defaultSort: 'position',
  uniqueKey: ['code'],
  fields: { code, name, position },
})

export const buildingResource = defineResource({
  name: 'building',
  path: 'buildings',
  page: '/estate/buildings',
  label: { zh: '楼栋', en: 'Buildings' },
  table: 'building',
  scope: { project: 'project_id', building: 'id' },
  permissions,
  titleField: 'name',
  defaultSort: 'code',
  uniqueKey: ['code'],
  fields: {
    code,
    name,
    zoneId: { kind: 'reference', resource: 'zone', label: { zh: '分区', en: 'Zone' }, list: true },
    kind: {
      kind: 'choice',
      label: { zh: '类型', en: 'Kind' },
      options: buildingKinds,
      default: 'residential',
      required: true,
      list: true,
    },
    position,
    rooms: {
      kind: 'integer',
      label: { zh: '房间数', en: 'Rooms' },
      computed: 'SELECT count(*) FROM room WHERE room.building_id = r.id AND room.archived_at IS NULL',
      list: true,
    },
  },
})

export const unitResource = defineResource({
  name: 'unit',
  path: 'units',
  page: '/estate/units',
  label: { zh: '单元', en: 'Units' },
  table: 'unit',
  scope: { project: 'project_id', building: 'building_id' },
  permissions,
  titleField: 'name',
  titleSql: `(SELECT name FROM building WHERE building.id = r.building_id) || ' ' || r.name`,
  defaultSort: 'code',
  uniqueKey: ['buildingId', 'code'],
  fields: {
    buildingId: {
      kind: 'reference',
      resource: 'building',
      label: { zh: '楼栋', en: 'Building' },
      required: true,
      createOnly: true,
      list: true,
    },
    code,
    name,
    position,
  },
})

const STATES = { zh: '状态', en: 'States' }

export const roomResource = defineResource({
  name: 'room',
  path: 'rooms',
  label: { zh: '房间', en: 'Rooms' },
  table: 'room',
  scope: { project: 'project_id', building: 'building_id' },
  permissions,
  titleField: 'code',
  titleSql: `(SELECT name FROM building WHERE building.id = r.building_id) || ' ' || r.code`,
  defaultSort: 'code',
  uniqueKey: ['buildingId', 'code'],
  fields: {
    code: { ...code, label: { zh: '房号', en: 'Number' }, index: true },
    buildingId: {
      kind: 'reference',
      resource: 'building',
      label: { zh: '楼栋', en: 'Building' },
      required: true,
      createOnly: true,
      list: true,
    },
    unitId: { kind: 'reference', resource: 'unit', label: { zh: '单元', en: 'Unit' } },
    floor: {
      kind: 'integer',
      label: { zh: '楼层', en: 'Floor' },
      min: '-20',
      max: '300',
      list: true,
      sort: true,
      index: true,
    },
    kind: {
      kind: 'choice',
      label: { zh: '类型', en: 'Kind' },
      options: roomKinds,
      default: 'flat',
      required: true,
      list: true,
    },
    areaM2: {
      kind: 'decimal',
      column: 'area_m2',
      label: { zh: '建筑面积', en: 'Built area' },
      unit: 'm²',
      scale: 2,
      min: '0',
      list: true,
      sort: true,
    },
    usableAreaM2: {
      kind: 'decimal',
      column: 'usable_area_m2',
      label: { zh: '套内面积', en: 'Usable area' },
      unit: 'm²',
      scale: 2,
      min: '0',
    },
    household: {
      kind: 'text',
      label: { zh: '住户', en: 'Household' },
      computed: `SELECT h.name FROM household_room hr JOIN household h ON h.id = hr.household_id
        WHERE hr.room_id = r.id AND hr.to_at IS NULL`,
      list: true,
    },
    deliveryState: {
      kind: 'choice',
      label: { zh: '交付状态', en: 'Delivery' },
      options: deliveryStates,
      default: 'unsold',
      required: true,
      list: true,
      section: STATES,
    },
    decorationState: {
      kind: 'choice',
      label: { zh: '装修状态', en: 'Fit-out' },
      options: decorationStates,
      default: 'bare',
      required: true,
      section: STATES,
    },
    rentState: {
      kind: 'choice',
      label: { zh: '出租状态', en: 'Rent' },
      options: rentStates,
      default: 'none',
      required: true,
      section: STATES,
    },
  },
  hooks: {
    check: ({ floor }) =>
      floor === 0 ? [{ field: 'floor', reason: { code: 'room.no_ground_zero' } satisfies EstateReason }] : [],
    beforeSave: unitInBuilding,
  },
})

/** A room lies in a unit of its own building. */
async function unitInBuilding(tx: pg.ClientBase, { before, after }: RecordChange): Promise<void> {
  if (after.unitId === null || after.unitId === undefined || after.unitId === before?.unitId) return
  const { rowCount } = await tx.query('SELECT FROM unit WHERE id = $1 AND building_id = $2', [
    after.unitId,
    after.buildingId,
  ])
  if (rowCount === 1) return
  const reason: EstateReason = { code: 'room.unit_elsewhere' }
  throw invalidInput('The unit lies in another building', [{ path: 'unitId', reason }])
}
