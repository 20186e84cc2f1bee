/** How channels send: as it was set up here, else as it comes with the program. */
import { ChannelSettings, OutsideChannel } from '@courtyard/protocols/contract'
import type { SecretBox } from '../security/secret-box.ts'
import { rowsOf, type WorkflowReader } from '../workflow/client.ts'

/** What is kept sealed. */
export interface ChannelSecrets {
  /** Password of the mail server, key of the provider, secret of the WeChat account. */
  readonly secret: string | null
  /** Part of the address for receipts. */
  readonly receiptToken: string | null
}

export interface ChannelSetup extends ChannelSecrets {
  readonly channel: OutsideChannel
  readonly settings: ChannelSettings
  /** 0: nobody has set it up. */
  readonly version: number
}

const NIGHT = { from: '22:00', to: '08:00' }
const common = { transport: 'file' as const, smtp: null, http: null, wechat: null }

/** WeChat and voice need an account with a provider: off until there is one. */
const defaults: Readonly<Record<OutsideChannel, ChannelSettings>> = {
  email: { ...common, enabled: true, perMinute: 60, quiet: null },
  sms: { ...common, enabled: true, perMinute: 60, quiet: NIGHT },
  wechat: { ...common, enabled: false, perMinute: 300, quiet: NIGHT },
  voice: { ...common, enabled: false, perMinute: 20, quiet: { from: '20:00', to: '09:00' } },
}

export const outsideChannels: readonly OutsideChannel[] = OutsideChannel.options

export const secretPlace = (channel: OutsideChannel) => `message-channel:${channel}`

interface Row {
  channel: OutsideChannel
  settings: unknown
  sealed: Uint8Array | null
  version: number
}

export async function channelSetups(client: WorkflowReader, box: SecretBox): Promise<ChannelSetup[]> {
  const rows = await settingsRows(client)
  return outsideChannels.map((channel) => setupOf(channel, rows, box))
}

export async function channelSetup(
  client: WorkflowReader,
  box: SecretBox,
  channel: OutsideChannel,
): Promise<ChannelSetup> {
  return setupOf(channel, await settingsRows(client), box)
}

/** Without opening a secret: for what only asks where to send. */
export async function enabledChannels(client: WorkflowReader): Promise<ReadonlySet<OutsideChannel>> {
  const rows = await settingsRows(client)
  return new Set(outsideChannels.filter((channel) => settingsOf(channel, rows).enabled))
}

function settingsRows(client: WorkflowReader): Promise<Row[]> {
  return rowsOf<Row>(
    client,
    'select channel, settings, secrets_sealed as sealed, version from message_channel',
  )
}

function settingsOf(channel: OutsideChannel, rows: readonly Row[]): ChannelSettings {
  const row = rows.find((one) => one.channel === channel)
  return row ? ChannelSettings.parse(row.settings) : defaults[channel]
}

function setupOf(channel: OutsideChannel, rows: readonly Row[], box: SecretBox): ChannelSetup {
  const row = rows.find((one) => one.channel === channel)
  const opened = row?.sealed
    ? (JSON.parse(box.open(row.sealed, secretPlace(channel)).toString()) as ChannelSecrets)
    : { secret: null, receiptToken: null }
  return { channel, settings: settingsOf(channel, rows), version: row?.version ?? 0, ...opened }
}
