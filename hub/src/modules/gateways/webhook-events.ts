import { registerEvents } from '../../platform/webhooks/index.ts'

const description = { zh: '网关的编号和名称', en: 'Id and name of the gateway' }

registerEvents({ zh: '设备', en: 'Devices' }, [
  {
    type: 'gateway.online',
    label: { zh: '网关上线', en: 'Gateway online' },
    description,
    permission: 'gateways.read',
  },
  {
    type: 'gateway.offline',
    label: { zh: '网关离线', en: 'Gateway offline' },
    description,
    permission: 'gateways.read',
  },
])
