import * as z from 'zod'
import { registerSettings, type Settings } from '../settings/index.ts'

export const accessSettings = registerSettings({
  key: 'access',
  scope: 'hub',
  label: { zh: '登录', en: 'Sign-in' },
  schema: z.object({ sessionHours: z.number().min(0.1).max(720) }),
  fields: {
    sessionHours: {
      label: { zh: '无操作自动退出', en: 'Sign out when unused for' },
      help: {
        zh: '已登录的人在下一次操作时按新时长计算。',
        en: 'Who is signed in already gets the new time with the next click.',
      },
      unit: { zh: '小时', en: 'hours' },
    },
  },
  default: ({ sessionHours }) => ({ sessionHours }),
})

export async function sessionLifetimeMs(settings: Settings): Promise<number> {
  return (await settings.get(accessSettings)).sessionHours * 3_600_000
}
