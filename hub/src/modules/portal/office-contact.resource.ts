import { defineResource } from '../../platform/resource/resource.ts'

/** Where owners reach the office of a project; the oldest one stands in the portal. */
export const officeContact = defineResource({
  name: 'officeContact',
  path: 'office-contacts',
  label: { zh: '服务中心联系方式', en: 'Office contacts' },
  permissionGroup: { zh: '客户服务', en: 'Service' },
  readers: ['manager', 'serviceAgent'],
  writers: ['manager', 'serviceAgent'],
  table: 'office_contact',
  scope: { project: 'project_id' },
  titleField: 'name',
  defaultSort: 'name',
  uniqueKey: ['name'],
  fields: {
    name: {
      kind: 'text',
      label: { zh: '名称', en: 'Name' },
      required: true,
      maxLength: 60,
      list: true,
      sort: true,
      search: true,
    },
    // No personal number: it is there to be read by everybody
    telephone: {
      kind: 'text',
      label: { zh: '电话', en: 'Telephone' },
      required: true,
      maxLength: 40,
      list: true,
    },
    hours: { kind: 'text', label: { zh: '服务时间', en: 'Hours' }, maxLength: 100, list: true },
    address: { kind: 'text', label: { zh: '地址', en: 'Address' }, maxLength: 200, list: true },
  },
})
