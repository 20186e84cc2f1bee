import type { DefectState } from '@courtyard/protocols/contract'
import type { Texts } from '../../platform/reasons/reason.ts'
import { registerHouseholdPanel } from '../parties/index.ts'
import { defectsOfRooms } from './defects.repository.ts'

const states: Readonly<
  Record<DefectState, { tone: 'ok' | 'attention' | 'fault' | 'neutral'; label: Texts }>
> = {
  open: { tone: 'fault', label: { zh: '待整改', en: 'Open' } },
  fixing: { tone: 'attention', label: { zh: '整改中', en: 'Being fixed' } },
  fixed: { tone: 'attention', label: { zh: '待复验', en: 'Fixed' } },
  accepted: { tone: 'ok', label: { zh: '已通过', en: 'Accepted' } },
  waived: { tone: 'neutral', label: { zh: '不整改', en: 'Waived' } },
}

registerHouseholdPanel({
  key: 'defects',
  label: { zh: '整改', en: 'Defects' },
  permission: 'handover.read',
  href: '/handover/defects',
  async find({ db }, _user, { roomIds, limit }) {
    if (roomIds.length === 0) return { open: 0, items: [] }
    const { open, defects } = await defectsOfRooms(db.pool, roomIds, limit)
    const items = defects.map(({ id, title, room, state, at }) => ({
      ...{ id, title, note: room, at: at.toISOString(), href: `/handover/defects/${id}` },
      state: { tone: states[state].tone, label: { ...states[state].label } },
    }))
    return { open, items }
  },
})
