import { defineResource } from '../../platform/resource/resource.ts'
import './permissions.ts'

const permissions = { read: 'handover.read', write: 'handover.write' } as const
const ROOM = {
  kind: 'reference',
  resource: 'room',
  label: { zh: '房间', en: 'Room' },
  list: true,
  createOnly: true,
} as const

/** Defects of rooms: from inspections, or found later. They move through their states by routes of their own. */
export const defectResource = defineResource({
  name: 'defect',
  path: 'defects',
  page: '/handover/defects',
  label: { zh: '缺陷', en: 'Defects' },
  table: 'defect',
  scope: { project: 'project_id', building: 'building_id' },
  permissions,
  titleField: 'title',
  defaultSort: '-createdOn',
  fields: {
    title: {
      kind: 'text',
      label: { zh: '缺陷', en: 'Defect' },
      required: true,
      maxLength: 200,
      list: true,
      sort: true,
      search: true,
    },
    roomId: { ...ROOM, required: true },
    detail: { kind: 'longText', label: { zh: '说明', en: 'Detail' }, maxLength: 2_000 },
    photos: { kind: 'attachments', label: { zh: '照片', en: 'Photos' } },
    state: {
      kind: 'choice',
      label: { zh: '状态', en: 'State' },
      readOnly: true,
      list: true,
      sort: true,
      options: [
        { value: 'open', label: { zh: '待整改', en: 'Open' }, tone: 'fault' },
        { value: 'fixing', label: { zh: '整改中', en: 'Being fixed' }, tone: 'attention' },
        { value: 'fixed', label: { zh: '待复验', en: 'Fixed' }, tone: 'attention' },
        { value: 'accepted', label: { zh: '已通过', en: 'Accepted' }, tone: 'ok' },
        { value: 'waived', label: { zh: '不整改', en: 'Waived' }, tone: 'neutral' },
      ],
    },
    dueOn: { kind: 'day', label: { zh: '整改期限', en: 'Due' }, list: true, sort: true },
    createdOn: {
      kind: 'instant',
      column: 'created_at',
      label: { zh: '登记时间', en: 'Noted' },
      readOnly: true,
      list: true,
      sort: true,
    },
  },
  // Made by inspections, which know the building of their room
  routes: { create: false, import: false, archive: false, restore: false },
})

export const permitResource = defineResource({
  name: 'fitOutPermit',
  path: 'fit-out-permits',
  page: '/fit-out',
  label: { zh: '装修许可', en: 'Fit-out permits' },
  table: 'fit_out_permit',
  scope: { project: 'project_id', building: 'building_id' },
  permissions,
  titleField: 'number',
  defaultSort: '-startsOn',
  fields: {
    number: {
      kind: 'text',
      label: { zh: '编号', en: 'Number' },
      readOnly: true,
      list: true,
      sort: true,
      search: true,
    },
    roomId: ROOM,
    company: {
      kind: 'text',
      label: { zh: '装修公司', en: 'Company' },
      readOnly: true,
      list: true,
      sort: true,
      search: true,
    },
    applicantId: {
      kind: 'reference',
      resource: 'party',
      label: { zh: '申请人', en: 'Applicant' },
      readOnly: true,
      list: true,
    },
    startsOn: { kind: 'day', label: { zh: '开始', en: 'From' }, readOnly: true, list: true, sort: true },
    endsOn: { kind: 'day', label: { zh: '结束', en: 'Until' }, readOnly: true, list: true, sort: true },
    depositAmount: { kind: 'money', label: { zh: '押金', en: 'Deposit' }, readOnly: true, list: true },
    state: {
      kind: 'choice',
      label: { zh: '状态', en: 'State' },
      readOnly: true,
      list: true,
      sort: true,
      options: [
        { value: 'submitted', label: { zh: '待审批', en: 'Waiting for approval' }, tone: 'attention' },
        { value: 'approved', label: { zh: '已批准', en: 'Approved' }, tone: 'ok' },
        { value: 'rejected', label: { zh: '已退回', en: 'Rejected' }, tone: 'fault' },
        { value: 'working', label: { zh: '施工中', en: 'Work goes on' }, tone: 'attention' },
        { value: 'finished', label: { zh: '已完工', en: 'Work is done' }, tone: 'ok' },
        { value: 'closed', label: { zh: '已结案', en: 'Closed' }, tone: 'neutral' },
        { value: 'cancelled', label: { zh: '已取消', en: 'Cancelled' }, tone: 'neutral' },
      ],
    },
  },
  routes: {
    create: false,
    edit: false,
    import: false,
    archive: false,
    restore: false,
    bulk: false,
    detail: false,
  },
})
