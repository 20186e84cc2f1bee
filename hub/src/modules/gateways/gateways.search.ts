import { registerSearcher } from '../../platform/search/search.ts'
import { searchDevices } from './devices.repository.ts'

registerSearcher({
  kind: 'device',
  label: { zh: '设备', en: 'Devices' },
  permission: 'devices.read',
  async search(hub, user, query) {
    const devices = await searchDevices(hub.db.pool, user, query)
    return devices.map(({ id, name, model, address }) => ({
      id,
      title: name,
      note: [model, address].filter(Boolean).join(' · '),
      href: `/devices/${id}`,
    }))
  },
})
