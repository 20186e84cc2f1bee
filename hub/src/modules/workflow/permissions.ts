import { registerPermissions } from '../../platform/auth/permissions.ts'

registerPermissions({
  group: { zh: '流程审批', en: 'Processes' },
  permissions: {
    'workflow.start': {
      zh: '发起申请',
      en: 'Ask for an approval',
      defaults: ['manager', 'engineer', 'billingClerk', 'serviceAgent'],
    },
    'workflow.read': {
      zh: '查看项目内的全部流程（自己发起和办理的总能看到）',
      en: 'See all processes of a project (one’s own are always seen)',
      defaults: ['manager'],
    },
    'workflow.administer': { zh: '转办任务、终止流程', en: 'Give tasks to others, end processes' },
    'workflow.define': {
      zh: '设计并发布流程（全公司有效）',
      en: 'Design and publish processes (for all projects)',
    },
  },
})
