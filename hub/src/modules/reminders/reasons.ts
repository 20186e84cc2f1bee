import { registerReasons, type ReasonOf } from '../../platform/reasons/reason.ts'

export const reminderReasons = registerReasons({
  'reminder.unknown_source': { zh: '没有这个提醒来源', en: 'there is no such source' },
  'reminder.unknown_field': { zh: '该来源没有条件 {field}', en: 'the source has no field {field}' },
  'reminder.unknown_person': { zh: '没有这个人，或账号已停用', en: 'there is no such person' },
  'reminder.unknown_role': { zh: '没有这个角色', en: 'there is no such role' },
  'reminder.no_responsible': { zh: '该来源没有负责人', en: 'its records belong to nobody' },
  'reminder.past_day': { zh: '须晚于今天', en: 'must be after today' },
})

export type ReminderReason = ReasonOf<typeof reminderReasons>
