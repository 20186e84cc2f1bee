import { registerSearcher } from '../../platform/search/search.ts'
import { listBills } from './bills.repository.ts'

registerSearcher({
  kind: 'bill',
  label: { zh: '账单', en: 'Bills' },
  permission: 'charging.read',
  async search(hub, user, { projectId, q, limit }) {
    const { items } = await listBills(hub.db.pool, user, {
      projectId,
      q,
      status: 'issued',
      orderBy: 'bill.month DESC, household.account_number',
      page: 1,
      pageSize: limit,
    })
    return items.map(({ id, number, household, month, amount }) => ({
      id,
      title: number ?? household.name,
      note: [household.name, month, amount].join(' · '),
      href: `/bills/${id}`,
    }))
  },
})
