import { registerPermissions } from '../../platform/auth/permissions.ts'

registerPermissions({
  group: { zh: '呼叫', en: 'Calls' },
  permissions: {
    'cti.call': {
      zh: '登记来电、接收来电弹屏',
      en: 'Tell of calls and get the caller pop-up',
      defaults: ['manager', 'serviceAgent'],
    },
    'call.read': { zh: '查看通话记录', en: 'See the call log', defaults: ['manager', 'serviceAgent'] },
  },
})
