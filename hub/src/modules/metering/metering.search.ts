import { registerSearcher } from '../../platform/search/search.ts'
import { listPointsFor } from './points.service.ts'

registerSearcher({
  kind: 'meteringPoint',
  label: { zh: '表计', en: 'Meters' },
  permission: 'metering.read',
  async search(hub, user, { projectId, q, limit }) {
    const { items } = await listPointsFor(hub, user, { projectId, q, page: 1, pageSize: limit })
    return items.map(({ id, name, code, household }) => ({
      id,
      title: name,
      note: [code, household?.name].filter(Boolean).join(' · '),
      href: `/meters/${id}`,
    }))
  },
})
