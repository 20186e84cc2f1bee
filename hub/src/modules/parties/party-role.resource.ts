import { defineResource } from '../../platform/resource/resource.ts'
import { householdKinds } from '../estate/index.ts'
import { checkRole, endedRole } from './domain/role-rules.ts'
import { identityKinds, partyKinds } from './party.resource.ts'
import { prepareRoles, roleImporting } from './role-records.ts'
import './permissions.ts'

const PERSON = { zh: '人员', en: 'Person' }
const ROLE = { zh: '身份', en: 'Role' }
const ACCOUNT = { zh: '户号', en: 'Account' }
const ofPerson = (column: string) => `SELECT p.${column} FROM party p WHERE p.id = r.party_id`
const ofAccount = (column: string) => `SELECT h.${column} FROM household_room hr
  JOIN household h ON h.id = hr.household_id WHERE hr.room_id = r.room_id AND hr.to_at IS NULL`

/**
 * Who is what to which room from when to when. A form or a row of a file names the person, who is put on file when he is
 * new, and may bring the account of the room along.
 */
export const partyRoleResource = defineResource({
  name: 'partyRole',
  path: 'party-roles',
  page: '/households/people',
  label: { zh: '房间人员', en: 'People in rooms' },
  table: 'party_role',
  scope: { project: 'project_id', building: 'building_id' },
  permissions: { read: 'party.read', write: 'party.write' },
  titleField: 'name',
  titleSql: `(SELECT p.name FROM party p WHERE p.id = r.party_id) || ' · ' || (SELECT b.name || ' ' || room.code
    FROM room JOIN building b ON b.id = room.building_id WHERE room.id = r.room_id)`,
  defaultSort: '-from',
  uniqueKey: ['roomId', 'name', 'role'],
  searchThrough: ['partyId', 'roomId'],
  fields: {
    roomId: {
      kind: 'reference',
      resource: 'room',
      label: { zh: '房间', en: 'Room' },
      help: { zh: '楼栋和房号，如：1栋 0101', en: 'Building and number, such as: Building 1 0101' },
      required: true,
      createOnly: true,
      list: true,
    },
    buildingId: {
      kind: 'reference',
      resource: 'building',
      label: { zh: '楼栋', en: 'Building' },
      readOnly: true,
    },
    partyId: {
      kind: 'reference',
      resource: 'party',
      label: { zh: '在册人员', en: 'Person on file' },
      help: {
        zh: '不在册时填写下面的姓名和电话',
        en: 'Somebody new: leave it empty, and give name and phone',
      },
      createOnly: true,
      section: PERSON,
    },
    name: {
      kind: 'text',
      label: { zh: '姓名', en: 'Name' },
      help: {
        zh: '同名同电话或同证件的人员不会重复建档',
        en: 'Who is on file by this name and phone, or by this document, is not put on file again',
      },
      computed: ofPerson('name'),
      given: true,
      createOnly: true,
      maxLength: 80,
      list: true,
      filter: true,
      section: PERSON,
    },
    phone: {
      kind: 'phone',
      label: { zh: '电话', en: 'Phone' },
      computed: ofPerson('phone'),
      given: true,
      createOnly: true,
      list: true,
      section: PERSON,
    },
    partyKind: {
      kind: 'choice',
      label: { zh: '人员类型', en: 'Kind of person' },
      computed: ofPerson('kind'),
      given: true,
      createOnly: true,
      options: partyKinds,
      default: 'person',
      section: PERSON,
    },
    identityKind: {
      kind: 'choice',
      label: { zh: '证件类型', en: 'Kind of document' },
      computed: ofPerson('identity_kind'),
      given: true,
      createOnly: true,
      options: identityKinds,
      section: PERSON,
    },
    identityNumber: {
      kind: 'identityNumber',
      label: { zh: '证件号码', en: 'Document no.' },
      computed: ofPerson('identity_number'),
      given: true,
      createOnly: true,
      section: PERSON,
    },
    role: {
      kind: 'choice',
      label: { zh: '身份', en: 'Role' },
      options: [
        { value: 'owner', label: { zh: '业主', en: 'Owner' } },
        { value: 'coOwner', label: { zh: '共有人', en: 'Co-owner' } },
        { value: 'family', label: { zh: '家属', en: 'Family' } },
        { value: 'resident', label: { zh: '住户', en: 'Resident' } },
        { value: 'tenant', label: { zh: '租户', en: 'Tenant' } },
        { value: 'contact', label: { zh: '联系人', en: 'Contact' } },
      ],
      required: true,
      list: true,
      sort: true,
      section: ROLE,
    },
    sharePercent: {
      kind: 'decimal',
      label: { zh: '产权份额', en: 'Share' },
      unit: '%',
      scale: 4,
      min: '0.0001',
      max: '100',
      list: true,
      section: ROLE,
    },
    from: {
      kind: 'instant',
      column: 'from_at',
      label: { zh: '起始时间', en: 'From' },
      help: {
        zh: '留空：房间的第一位业主视为一直如此，其他人从现在起',
        en: 'Empty: the first owner known of a room always was, everybody else begins now',
      },
      list: true,
      sort: true,
      section: ROLE,
    },
    to: {
      kind: 'instant',
      column: 'to_at',
      label: { zh: '结束时间', en: 'Until' },
      help: { zh: '留空：至今', en: 'Empty: goes on' },
      list: true,
      sort: true,
      section: ROLE,
    },
    householdId: {
      kind: 'reference',
      resource: 'household',
      label: { zh: '现住户', en: 'Household' },
      computed: ofAccount('id'),
      list: true,
      section: ACCOUNT,
    },
    accountNumber: {
      kind: 'text',
      label: { zh: '户号', en: 'Account' },
      help: {
        zh: '空置的房间同时由此户号入住，户号不存在则新开；已有住户的房间可留空',
        en: 'Moves into an empty room along with the person, and is opened if new; may be left empty otherwise',
      },
      computed: ofAccount('account_number'),
      given: true,
      createOnly: true,
      maxLength: 40,
      section: ACCOUNT,
    },
    accountName: {
      kind: 'text',
      label: { zh: '户名', en: 'Name of the account' },
      help: { zh: '新开户号时用；留空：人员姓名', en: 'Of a new account; empty: the name of the person' },
      computed: ofAccount('name'),
      given: true,
      createOnly: true,
      maxLength: 80,
      section: ACCOUNT,
    },
    accountKind: {
      kind: 'choice',
      label: { zh: '户号类型', en: 'Kind of account' },
      help: { zh: '留空：居民', en: 'Empty: residential' },
      computed: `SELECT h.kind::text FROM household_room hr JOIN household h ON h.id = hr.household_id
        WHERE hr.room_id = r.room_id AND hr.to_at IS NULL`,
      given: true,
      createOnly: true,
      options: householdKinds,
      section: ACCOUNT,
    },
  },
  hooks: { check: checkRole, prepare: prepareRoles },
  importing: roleImporting,
  actions: {
    end: {
      label: { zh: '结束身份', en: 'End the role' },
      tone: 'attention',
      fields: {
        to: {
          kind: 'instant',
          label: { zh: '结束时间', en: 'Until' },
          help: { zh: '留空：现在', en: 'Empty: now' },
        },
      },
      decide: endedRole,
    },
  },
  // Nobody was never there: a role ends
  routes: { archive: false, restore: false },
})
