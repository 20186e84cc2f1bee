import { registerReasons, type ReasonOf } from '../../platform/reasons/reason.ts'

/** Why an account is refused. */
export const accountReasons = registerReasons({
  'user.foreign_projects': {
    zh: '只能选自己负责的项目，且至少选一个',
    en: 'must name some of your own projects, and no others',
  },
  'user.unknown_project': { zh: '有项目不存在', en: 'one of the projects does not exist' },
})

export type AccountReason = ReasonOf<typeof accountReasons>
