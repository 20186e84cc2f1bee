import { registerSearcher } from '../../platform/search/search.ts'
import { listHouseholds } from './estate.service.ts'

registerSearcher({
  kind: 'household',
  label: { zh: '账户', en: 'Accounts' },
  permission: 'estate.read',
  async search(hub, user, { projectId, q, limit }) {
    const { items } = await listHouseholds(hub, user, projectId, { q, page: 1, pageSize: limit })
    return items.map(({ id, name, accountNumber, rooms }) => ({
      id,
      title: name,
      note: [accountNumber, ...rooms.map((room) => `${room.building} · ${room.code}`)].join(' · '),
      href: `/households/${id}`,
    }))
  },
})
