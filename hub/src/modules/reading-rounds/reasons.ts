import { registerReasons, type ReasonOf } from '../../platform/reasons/reason.ts'

export const readingReasons = registerReasons({
  'readingRounds.cannot_read': {
    zh: '该员工没有在本项目用手机抄表的权限',
    en: 'This person may not read meters with the phone in this project',
  },
  'readingRounds.foreign_point': {
    zh: '有计量点不属于本项目，或重复',
    en: 'There are meters of another project, or the same one twice',
  },
})
export type ReadingReason = ReasonOf<typeof readingReasons>
