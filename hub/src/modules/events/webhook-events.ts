import { registerEvents } from '../../platform/webhooks/index.ts'

registerEvents({ zh: '设备', en: 'Devices' }, [
  {
    type: 'access.recorded',
    label: { zh: '门禁通行', en: 'Somebody at a door' },
    description: {
      zh: '网关、设备、事件的编号，门、是否放行、方向、凭证种类、时间；不含姓名和卡号，需要时用 API 读取',
      en: 'Ids of gateway, device and event, door, whether it opened, direction, kind of credential, time; who it was is asked for by the API',
    },
    permission: 'events.read',
  },
])
