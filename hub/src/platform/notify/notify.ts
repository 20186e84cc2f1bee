import { randomUUID } from 'node:crypto'
import type { MessagePriority, OutsideChannel } from '@courtyard/protocols/contract'
import type { Hub } from '../module.ts'
import { storedReason } from '../reasons/reason.ts'
import type { WorkflowClient } from '../workflow/client.ts'
import { enabledChannels, outsideChannels } from './channel-settings.repository.ts'
import { insertDeliveries, insertMessage, tellBrowsers, type NewDelivery } from './outbox.repository.ts'
import type { MessageReason } from './reasons.ts'
import { addressees, type Addressee, type Recipient } from './recipients.repository.ts'
import { fillIn, spokenValues, templateOf, type MessageTemplate, type MessageValue } from './template.ts'
import { textsInForce, type TextsInForce } from './texts.repository.ts'

export interface Notification {
  /** Key of a registered template. */
  readonly template: string
  readonly to: readonly Recipient[]
  /** All that the template declares. */
  readonly variables: Readonly<Record<string, MessageValue>>
  /** Null: of the company. Decides the time zone of quiet hours and who sees it in the outbox. */
  readonly projectId: string | null
  /** `urgent` passes quiet hours and goes first; default `normal`. */
  readonly priority?: MessagePriority
  /** Page of what it is about: `/meters/…`. */
  readonly link?: string | null
  /** The same key is told once, for ever, whoever calls and however often. */
  readonly dedupeKey?: string
  /** In place of those of the template. */
  readonly channels?: readonly OutsideChannel[]
}

const ranks = { low: 0, normal: 1, urgent: 2 } as const

/**
 * Tells people something, inside the transaction of what happened: without it there is no message, with it there is
 * one whatever is killed afterwards. Texts are filled in now, in each reader's language; sending comes later.
 * @returns id of the message; null when the key was told before, or nobody is to be told
 * @throws AppError `message.unknown_template`, `message.missing_variable`
 */
export async function notify(
  hub: Pick<Hub, 'clock' | 'security'>,
  tx: WorkflowClient,
  notification: Notification,
): Promise<string | null> {
  const template = templateOf(notification.template)
  const now = hub.clock.now()
  const people = await addressees(tx, notification.to, notification.projectId, now)
  if (people.length === 0) return null
  const inForce = await textsInForce(tx, template)
  const messageId = await insertMessage(tx, {
    projectId: notification.projectId,
    template: template.key,
    templateVersion: inForce.version,
    variables: template.confidential ? {} : notification.variables,
    priority: notification.priority ?? 'normal',
    link: notification.link ?? null,
    dedupeKey: notification.dedupeKey ?? null,
    createdAt: now,
  })
  if (messageId === null) return null
  const enabled = await enabledChannels(tx)
  const wanted = (notification.channels ?? inForce.channels).filter((channel) => enabled.has(channel))
  const deliveries = people.flatMap((person) =>
    deliveriesOf(hub, template, inForce, notification, person, wanted),
  )
  await insertDeliveries(tx, messageId, deliveries, now)
  await tellBrowsers(
    tx,
    people.flatMap(({ userId }) => (userId === null ? [] : [userId])),
  )
  return messageId
}

function deliveriesOf(
  { security }: Pick<Hub, 'security'>,
  template: MessageTemplate,
  inForce: TextsInForce,
  notification: Notification,
  person: Addressee,
  wanted: readonly OutsideChannel[],
): NewDelivery[] {
  const { language, userId, partyId, name: recipient } = person
  const values = spokenValues(template, notification.variables, language)
  const text = fillIn(inForce.texts[language], values)
  const rank = ranks[notification.priority ?? 'normal']
  const base = { userId, partyId, recipient, language, rank, subject: text.subject }
  const body = template.confidential ? null : text.body
  const stranger = userId === null && partyId === null
  const inApp: NewDelivery[] =
    stranger || template.confidential
      ? []
      : [
          {
            ...base,
            id: randomUUID(),
            channel: 'inApp',
            address: null,
            state: 'delivered',
            body,
            sealed: null,
            fault: null,
          },
        ]
  // Who is named by an address is told there, whatever the template says
  const channels = stranger ? outsideChannels : wanted.filter((channel) => !person.muted.includes(channel))
  const outside = channels.flatMap((channel): NewDelivery[] => {
    const address = person.addresses[channel]
    if (!address) return []
    const id = randomUUID()
    const sealed = template.confidential
      ? security.box.seal(JSON.stringify({ body: text.body, values }), sealedPlace(id))
      : null
    return [{ ...base, id, channel, address, state: 'queued', body, sealed, fault: null }]
  })
  if (partyId === null || outside.length > 0 || channels[0] === undefined) return [...inApp, ...outside]
  // Who can not be reached is told by other means: the outbox lists them
  const fault = storedReason({ code: 'message.no_address' } satisfies MessageReason)
  const unreached = {
    id: randomUUID(),
    channel: channels[0],
    address: null,
    state: 'dead',
    sealed: null,
  } as const
  return [...inApp, { ...base, ...unreached, body, fault }]
}

/** What a confidential text is sealed for. */
export const sealedPlace = (deliveryId: string) => `message-body:${deliveryId}`
