import type { Hub } from '../../module.ts'
import type { ChannelSetup } from '../channel-settings.repository.ts'
import { SendFault, type ChannelAdapter } from './adapter.ts'
import { fileAdapter } from './file.adapter.ts'
import { httpAdapter } from './http.adapter.ts'
import { smtpAdapter } from './smtp.adapter.ts'
import { wechatAdapter } from './wechat.adapter.ts'

/** What sends for a channel as it is set up now. */
export function adapterOf(hub: Pick<Hub, 'config' | 'clock'>, setup: ChannelSetup): ChannelAdapter {
  const { transport, smtp, http, wechat } = setup.settings
  if (transport === 'file') return fileAdapter(hub.config.dataFolder, hub.clock)
  if (transport === 'smtp' && smtp) return smtpAdapter(smtp, setup.secret)
  if (transport === 'http' && http) return httpAdapter(http, setup.secret)
  if (transport === 'wechat' && wechat) return wechatAdapter(wechat, setup.secret, hub.clock)
  return () => Promise.reject(new SendFault({ code: 'message.not_set_up' }, false))
}
