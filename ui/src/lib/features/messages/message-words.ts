import type { MessageChannelName, MessageState, OutsideChannel } from '@courtyard/protocols/contract'
import type { Tone } from '#lib/components/StateMark.svelte'
import { m } from '#lib/paraglide/messages.js'

const channels: Record<MessageChannelName, () => string> = {
  inApp: m.msg_channel_inApp,
  email: m.msg_channel_email,
  sms: m.msg_channel_sms,
  wechat: m.msg_channel_wechat,
  voice: m.msg_channel_voice,
}
export const channelName = (channel: MessageChannelName): string => channels[channel]()
export const outsideChannels: readonly OutsideChannel[] = ['email', 'sms', 'wechat', 'voice']

const states: Record<MessageState, { text: () => string; tone: Tone }> = {
  queued: { text: m.msg_state_queued, tone: 'neutral' },
  failed: { text: m.msg_state_failed, tone: 'attention' },
  sent: { text: m.msg_state_sent, tone: 'accent' },
  delivered: { text: m.msg_state_delivered, tone: 'ok' },
  dead: { text: m.msg_state_dead, tone: 'fault' },
}
export const messageStates = Object.keys(states) as MessageState[]
export const stateText = (state: MessageState): string => states[state].text()
export const stateTone = (state: MessageState): Tone => states[state].tone

const transports = {
  file: m.msg_transport_file,
  smtp: m.msg_transport_smtp,
  http: m.msg_transport_http,
  wechat: m.msg_transport_wechat,
}
export type Transport = keyof typeof transports
export const transportText = (transport: Transport): string => transports[transport]()
export const transportsOf: Record<OutsideChannel, readonly Transport[]> = {
  email: ['file', 'smtp', 'http'],
  sms: ['file', 'http'],
  wechat: ['file', 'wechat'],
  voice: ['file', 'http'],
}
