import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { MessageChannelView, OutsideChannel, RouteBody } from '@courtyard/protocols/contract'
import type { Audit } from '../../platform/audit/audit.ts'
import type { CurrentUser } from '../../platform/auth/user.ts'
import { fail, invalidInput, type InputFault } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import { adapterOf } from '../../platform/notify/adapters/adapter-of.ts'
import { SendFault, shortText } from '../../platform/notify/adapters/adapter.ts'
import { jsonOf, valueAt } from '../../platform/notify/adapters/http.adapter.ts'
import {
  channelSetup,
  channelSetups,
  secretPlace,
  type ChannelSecrets,
  type ChannelSetup,
} from '../../platform/notify/channel-settings.repository.ts'
import { fillIn, spokenValues } from '../../platform/notify/template.ts'
import { textsInForce } from '../../platform/notify/texts.repository.ts'
import type { Language, Reason } from '../../platform/reasons/reason.ts'
import { channelCounts, noteReceipt, saveChannel, type ChannelCounts } from './channels.repository.ts'
import { notificationErrors } from './errors.ts'
import { trialTemplate } from './templates.ts'

interface Actor {
  readonly user: CurrentUser
  readonly audit: Audit
}

export async function listChannels(hub: Hub): Promise<MessageChannelView[]> {
  const counts = await channelCounts(hub.db.pool, hub.clock.now())
  const setups = await channelSetups(hub.db.pool, hub.security.box)
  return setups.map((setup) => viewOf(hub, setup, counts))
}

const transportsOf: Readonly<Record<OutsideChannel, readonly string[]>> = {
  email: ['file', 'smtp', 'http'],
  sms: ['file', 'http'],
  wechat: ['file', 'wechat'],
  voice: ['file', 'http'],
}

/** @throws AppError `input.invalid`, `message.changed` */
export async function setUpChannel(
  hub: Hub,
  { user, audit }: Actor,
  channel: OutsideChannel,
  body: RouteBody<'PUT /api/message-channels/:channel'> & { settings: ChannelSetup['settings'] },
): Promise<MessageChannelView> {
  requireComplete(channel, body.settings)
  await hub.db.transaction(async (tx) => {
    const before = await channelSetup(tx, hub.security.box, channel)
    const secrets: ChannelSecrets = {
      secret: body.secret === undefined ? before.secret : body.secret,
      receiptToken: before.receiptToken ?? randomBytes(24).toString('base64url'),
    }
    const sealed = hub.security.box.seal(JSON.stringify(secrets), secretPlace(channel))
    const row = { channel, version: body.version, settings: body.settings, sealed }
    if (!(await saveChannel(tx, { ...row, by: user.displayName, now: hub.clock.now() }))) {
      throw fail(notificationErrors.changed, 'Somebody has changed this meanwhile; look at it again')
    }
    await audit(tx, {
      ...{ action: 'messageChannel.change', entity: 'messageChannel', entityId: channel },
      before: before.settings,
      after: { ...body.settings, ...(body.secret === undefined ? {} : { secret: 'changed' }) },
    })
  })
  return viewOf(hub, await channelSetup(hub.db.pool, hub.security.box, channel), [])
}

function requireComplete(channel: OutsideChannel, settings: ChannelSetup['settings']): void {
  const { transport } = settings
  const faults: InputFault[] = []
  const refuse = (path: string) => faults.push({ path, reason: { code: 'message.not_set_up' } })
  if (!transportsOf[channel].includes(transport)) refuse('settings.transport')
  if (transport !== 'file' && settings[transport] === null) refuse(`settings.${transport}`)
  if (faults.length > 0) throw invalidInput('The channel is not set up', faults)
}

export interface TrialOutcome {
  readonly ok: boolean
  readonly reason: Reason | null
  readonly providerId: string | null
}

/** Sends at once and past the outbox, quiet hours and rate; also while the channel is off. */
export async function tryChannel(
  hub: Hub,
  { user, audit }: Actor,
  channel: OutsideChannel,
  address: string,
  language: Language,
): Promise<TrialOutcome> {
  const setup = await channelSetup(hub.db.pool, hub.security.box, channel)
  const { texts, providerCodes } = await textsInForce(hub.db.pool, trialTemplate)
  const variables = spokenValues(trialTemplate, { sender: user.displayName }, language)
  const text = fillIn(texts[language], variables)
  await hub.db.transaction((tx) =>
    audit(tx, { action: 'messageChannel.try', entity: 'messageChannel', entityId: channel }),
  )
  try {
    const { providerId } = await adapterOf(
      hub,
      setup,
    )({
      ...{ channel, address, language, variables, ...text },
      id: crypto.randomUUID(),
      recipient: user.displayName,
      link: null,
      template: trialTemplate.key,
      providerCode: providerCodes[channel] || null,
    })
    return { ok: true, reason: null, providerId }
  } catch (error) {
    const reason: Reason =
      error instanceof SendFault ? error.reason : { code: 'message.fault', fault: shortText(error) }
    return { ok: false, reason, providerId: null }
  }
}

/** @throws AppError `message.receipt_refused` for a wrong token, or a channel without receipts */
export async function takeReceipt(
  hub: Hub,
  channel: OutsideChannel,
  token: string,
  body: unknown,
): Promise<void> {
  const { settings, receiptToken } = await channelSetup(hub.db.pool, hub.security.box, channel)
  const receipt = settings.http?.receipt
  if (!receipt || receiptToken === null || !sameText(token, receiptToken)) {
    throw fail(notificationErrors.receiptRefused, 'There is nothing here')
  }
  const content = typeof body === 'string' ? jsonOf(body) : body
  // Providers send one or a list
  for (const one of Array.isArray(content) ? content.slice(0, 500) : [content]) {
    const id = valueAt(one, receipt.idPath)
    const said = valueAt(one, receipt.statePath)
    if (id === null || said === null) continue
    const delivered = said === receipt.delivered
    const outcome = delivered
      ? ({ delivered, at: hub.clock.now() } as const)
      : ({ delivered, said: shortText(said) } as const)
    await noteReceipt(hub.db.pool, channel, id, outcome)
  }
}

function sameText(given: string, kept: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(kept)]
  return a.length === b.length && timingSafeEqual(a, b)
}

function viewOf(hub: Hub, setup: ChannelSetup, counts: readonly ChannelCounts[]): MessageChannelView {
  const { channel, settings, version, secret, receiptToken } = setup
  const counted = counts.find((one) => one.channel === channel)
  const receives = settings.transport === 'http' && settings.http?.receipt && receiptToken
  return {
    ...{ channel, settings, version },
    hasSecret: secret !== null,
    receiptUrl: receives ? `${hub.publicUrl}/api/message-receipts/${channel}/${receiptToken}` : null,
    sent: counted?.sent ?? 0,
    waiting: counted?.waiting ?? 0,
    dead: counted?.dead ?? 0,
  }
}
