import { registerEvents } from '../../platform/webhooks/index.ts'

registerEvents({ zh: '设备', en: 'Devices' }, [
  {
    type: 'command.finished',
    label: { zh: '设备指令已结束', en: 'Command finished' },
    description: {
      zh: '指令、网关、设备的编号，对象，种类，结果状态（confirmed、failed、expired、cancelled…），是否不确定',
      en: 'Ids of command, gateway and device, target, kind, the state it came to (confirmed, failed, expired, cancelled …), whether that is uncertain',
    },
    permission: 'commands.read',
  },
])
