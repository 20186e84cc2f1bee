import { defineResource } from '../../platform/resource/resource.ts'
import './permissions.ts'

/** Calls as the telephone system told of them. */
export const callResource = defineResource({
  name: 'call',
  path: 'calls',
  label: { zh: '通话记录', en: 'Calls' },
  table: 'call_log',
  // Calls of unknown numbers lie in the agent's project, or in none when he has several: those are in no list
  scope: { project: 'project_id', owner: 'agent_id' },
  permissions: { read: 'call.read', write: 'cti.call' },
  titleField: 'phone',
  defaultSort: '-at',
  fields: {
    at: { kind: 'instant', label: { zh: '时间', en: 'At' }, readOnly: true, list: true, sort: true },
    direction: {
      kind: 'choice',
      label: { zh: '方向', en: 'Direction' },
      readOnly: true,
      list: true,
      options: [
        { value: 'inbound', label: { zh: '来电', en: 'Inbound' } },
        { value: 'outbound', label: { zh: '去电', en: 'Outbound' } },
      ],
    },
    phone: { kind: 'phone', label: { zh: '号码', en: 'Number' }, readOnly: true, list: true, search: true },
    partyId: {
      kind: 'reference',
      resource: 'party',
      label: { zh: '对方', en: 'Who' },
      readOnly: true,
      list: true,
    },
    roomId: {
      kind: 'reference',
      resource: 'room',
      label: { zh: '房间', en: 'Room' },
      readOnly: true,
      list: true,
    },
    agent: {
      kind: 'text',
      label: { zh: '坐席', en: 'Agent' },
      computed: 'SELECT display_name FROM app_user WHERE app_user.id = r.agent_id',
      list: true,
    },
    note: { kind: 'longText', label: { zh: '备注', en: 'Note' }, maxLength: 2_000, list: true, search: true },
  },
  routes: { create: false, import: false, archive: false, restore: false },
})
