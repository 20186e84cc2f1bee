import { registerPermissions } from '../../platform/auth/permissions.ts'

registerPermissions({
  group: { zh: '远程控制', en: 'Remote control' },
  permissions: {
    'commands.read': {
      zh: '查看控制记录',
      en: 'See commands',
      defaults: ['manager', 'engineer', 'billingClerk'],
    },
    'commands.relay': { zh: '拉合闸', en: 'Switch relays', defaults: ['engineer', 'billingClerk'] },
    'commands.valve': { zh: '开关阀门', en: 'Move valves', defaults: ['engineer', 'billingClerk'] },
    'commands.door': { zh: '开门', en: 'Open doors', defaults: ['engineer'] },
    'commands.barrier': { zh: '抬落杆', en: 'Move barriers', defaults: ['engineer'] },
    'commands.clock': { zh: '校时', en: 'Set clocks', defaults: ['engineer'] },
    'commands.setpoint': { zh: '修改设定值', en: 'Change setpoints', defaults: ['engineer'] },
    'commands.write': { zh: '写寄存器', en: 'Write registers', defaults: ['engineer'] },
    'commands.people': { zh: '下发人员名单', en: 'Send lists of people', defaults: ['engineer'] },
    'commands.plates': { zh: '下发车牌名单', en: 'Send lists of plates', defaults: ['engineer'] },
    'commands.approve': {
      zh: '审批断电、断水等指令',
      en: 'Approve commands that cut somebody off',
      defaults: ['manager'],
    },
  },
})
