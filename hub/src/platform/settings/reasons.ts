import { registerReasons } from '../reasons/reason.ts'

export const settingsReasons = registerReasons({
  'settings.time_of_day': { zh: '必须是时间，例如 02:30', en: 'must be a time such as 02:30' },
  'settings.time_zone': {
    zh: '没有这个时区，例如 Asia/Shanghai',
    en: 'is no time zone; write it like Asia/Shanghai',
  },
  'settings.no_such_field': { zh: '没有这一项', en: 'there is no such field' },
})
