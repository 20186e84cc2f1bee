import * as z from 'zod'
import type { Hub } from '../module.ts'
import { registerSettings } from '../settings/index.ts'
import type { AddressPolicy } from './address-guard.ts'

export const webhookSettings = registerSettings({
  key: 'webhooks',
  scope: 'hub',
  label: { zh: 'Webhook', en: 'Webhooks' },
  schema: z.object({ privateNetworks: z.boolean(), failingHours: z.int().min(1).max(168) }),
  fields: {
    privateNetworks: {
      label: { zh: '允许发送到内网地址', en: 'May lead into private networks' },
      help: {
        zh: '内网地址（10.x、172.16–31.x、192.168.x、100.64–127.x、fc00::/7）及其中的 http。本机和云平台内部地址始终不允许。',
        en: 'Addresses of private networks (10.x, 172.16–31.x, 192.168.x, 100.64–127.x, fc00::/7), and plain http there. This machine and the inside of clouds stay closed.',
      },
    },
    failingHours: {
      label: { zh: '一直失败多久后通知', en: 'Tell of failures after' },
      help: {
        zh: '这段时间内没有一次送达，就通知有权管理这个 Webhook 的人；恢复后再通知一次。',
        en: 'When nothing was taken for so long, those who may manage the webhook are told once, and again when it works.',
      },
      unit: { zh: '小时', en: 'hours' },
    },
  },
  default: { privateNetworks: false, failingHours: 24 },
})

/** Which networks may be reached: the setting, and what whoever started the hub allows for trials. */
export async function networkPolicy({
  settings,
  config,
}: Pick<Hub, 'settings' | 'config'>): Promise<AddressPolicy> {
  const { privateNetworks } = await settings.get(webhookSettings)
  return { privateNetworks, loopback: config.webhookLoopback }
}
