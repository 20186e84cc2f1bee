import { registerEvents } from '../../platform/webhooks/index.ts'

registerEvents({ zh: '收费', en: 'Billing' }, [
  {
    type: 'billRun.issued',
    label: { zh: '账单已正式出账', en: 'Bills issued' },
    description: {
      zh: '批次编号、月份、收费项目、账单数、用量和金额合计（十进制文本）',
      en: 'Id of the run, month, charge item, number of bills, total quantity and amount as decimal text',
    },
    permission: 'charging.read',
  },
])
