import { hasPermission } from '../../platform/auth/user.ts'
import { registerHouseholdPanel } from '../parties/index.ts'
import { callsOfHousehold } from './calls.repository.ts'

registerHouseholdPanel({
  key: 'calls',
  label: { zh: '通话记录', en: 'Calls' },
  permission: 'call.read',
  href: '/calls',
  async find({ db }, user, { householdId, limit }) {
    if (!hasPermission(user, 'call.read')) return { open: null, items: [] }
    const calls = await callsOfHousehold(db.pool, user, householdId, limit)
    const items = calls.map(({ id, at, direction, note, agent }) => ({
      ...{ id, title: note ?? '', note: agent, at: at.toISOString(), href: `/calls/${id}` },
      state: {
        tone: 'neutral' as const,
        label: direction === 'inbound' ? { zh: '来电', en: 'Inbound' } : { zh: '去电', en: 'Outbound' },
      },
    }))
    return { open: null, items }
  },
})
