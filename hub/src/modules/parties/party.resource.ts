import type { FieldOption } from '@courtyard/protocols/contract'
import { defineResource } from '../../platform/resource/resource.ts'
import './permissions.ts'

const IDENTITY = { zh: '证件', en: 'Identity' }
const CARE = { zh: '关怀', en: 'Care' }

export const partyKinds: readonly FieldOption[] = [
  { value: 'person', label: { zh: '个人', en: 'Person' } },
  { value: 'organisation', label: { zh: '单位', en: 'Organisation' } },
]

export const identityKinds: readonly FieldOption[] = [
  { value: 'idCard', label: { zh: '身份证', en: 'Identity card' } },
  { value: 'passport', label: { zh: '护照', en: 'Passport' } },
  { value: 'residencePermit', label: { zh: '居住证', en: 'Residence permit' } },
  { value: 'businessLicence', label: { zh: '营业执照', en: 'Business licence' } },
  { value: 'other', label: { zh: '其他', en: 'Other' } },
]

/** People and organisations; what they are to rooms stands in `party_role`. */
export const partyResource = defineResource({
  name: 'party',
  path: 'parties',
  label: { zh: '业主与住户', en: 'People' },
  table: 'party',
  // Somebody without a role lies in no building: he is seen with the whole project only
  scope: {
    project: 'project_id',
    building: (ids) =>
      `EXISTS (SELECT FROM party_role pr WHERE pr.party_id = r.id AND pr.building_id = ANY(${ids}))`,
  },
  permissions: { read: 'party.read', write: 'party.write' },
  titleField: 'name',
  defaultSort: 'name',
  uniqueKey: ['name', 'phone'],
  fields: {
    name: {
      kind: 'text',
      label: { zh: '姓名/名称', en: 'Name' },
      required: true,
      maxLength: 80,
      list: true,
      sort: true,
      search: true,
      index: true,
    },
    kind: {
      kind: 'choice',
      label: { zh: '类型', en: 'Kind' },
      required: true,
      default: 'person',
      list: true,
      options: partyKinds,
    },
    phone: { kind: 'phone', label: { zh: '电话', en: 'Phone' }, list: true, search: true },
    secondPhone: { kind: 'phone', label: { zh: '备用电话', en: 'Second phone' }, search: true },
    email: { kind: 'text', label: { zh: '邮箱', en: 'E-mail' }, maxLength: 120 },
    rooms: {
      kind: 'text',
      label: { zh: '房间', en: 'Rooms' },
      computed: `SELECT string_agg(b.name || ' ' || room.code, ', ' ORDER BY b.code, room.code)
        FROM (SELECT DISTINCT room_id FROM party_role WHERE party_id = r.id AND to_at IS NULL) AS has
          JOIN room ON room.id = has.room_id JOIN building b ON b.id = room.building_id`,
      list: true,
    },
    identityKind: {
      kind: 'choice',
      label: { zh: '证件类型', en: 'Kind of document' },
      section: IDENTITY,
      options: identityKinds,
    },
    identityNumber: {
      kind: 'identityNumber',
      label: { zh: '证件号码', en: 'Document number' },
      section: IDENTITY,
    },
    birthday: { kind: 'day', label: { zh: '生日', en: 'Birthday' }, section: IDENTITY },
    preferences: {
      kind: 'longText',
      label: { zh: '偏好', en: 'Preferences' },
      maxLength: 1_000,
      section: CARE,
    },
    specialCare: {
      kind: 'text',
      label: { zh: '特别关怀', en: 'Special care' },
      help: { zh: '如：独居老人、行动不便', en: 'Such as: lives alone, wheelchair' },
      maxLength: 200,
      section: CARE,
    },
    remark: { kind: 'longText', label: { zh: '备注', en: 'Remark' }, maxLength: 2_000, section: CARE },
  },
})
