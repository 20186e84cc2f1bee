import { defineResource } from '../../platform/resource/resource.ts'
import { householdKinds } from './choices.ts'
import './permissions.ts'

/**
 * Accounts as a list with views and export. They are made by moving in (`parties`), by a file of rooms or by a change
 * of owner, and have a page of their own: an account without a room would be nobody's.
 */
export const householdResource = defineResource({
  name: 'household',
  path: 'households',
  label: { zh: '户号', en: 'Households' },
  table: 'household',
  scope: {
    project: 'project_id',
    building: (ids) =>
      `EXISTS (SELECT FROM household_room hr JOIN room ON room.id = hr.room_id
        WHERE hr.household_id = r.id AND hr.to_at IS NULL AND room.building_id = ANY(${ids}))`,
  },
  permissions: { read: 'estate.read', write: 'estate.write' },
  titleField: 'name',
  titleSql: `r.account_number || ' ' || r.name`,
  defaultSort: 'accountNumber',
  fields: {
    accountNumber: {
      kind: 'text',
      label: { zh: '户号', en: 'Account' },
      readOnly: true,
      list: true,
      sort: true,
      search: true,
    },
    name: {
      kind: 'text',
      label: { zh: '名称', en: 'Name' },
      readOnly: true,
      list: true,
      sort: true,
      search: true,
      index: true,
    },
    kind: {
      kind: 'choice',
      label: { zh: '类型', en: 'Kind' },
      columnType: '"HouseholdKind"',
      options: householdKinds,
      readOnly: true,
      list: true,
    },
    rooms: {
      kind: 'text',
      label: { zh: '房间', en: 'Rooms' },
      computed: `SELECT string_agg(b.name || ' ' || room.code, ', ' ORDER BY b.code, room.code)
        FROM household_room hr JOIN room ON room.id = hr.room_id JOIN building b ON b.id = room.building_id
        WHERE hr.household_id = r.id AND hr.to_at IS NULL`,
      list: true,
    },
  },
  routes: {
    detail: false,
    create: false,
    edit: false,
    archive: false,
    restore: false,
    bulk: false,
    history: false,
    reveal: false,
    import: false,
  },
})
