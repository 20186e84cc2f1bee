import { registerReasons } from '../../platform/reasons/reason.ts'

registerReasons({
  'announcement.no_building': { zh: '请选择楼栋', en: 'choose the building' },
  'announcement.period': { zh: '结束时间必须晚于开始时间', en: 'must be after the beginning' },
})
