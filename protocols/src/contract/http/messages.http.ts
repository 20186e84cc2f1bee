/** Messages: my own, the outbox, texts, channels. */
import * as z from 'zod'
import {
  ChannelSettings,
  MessageState,
  MessageChannelName,
  MessageLanguage,
  MessagePriority,
  MessageTexts,
  OutsideChannel,
  QuietHours,
} from '../messages.ts'
import { Done, Id, Instant, idParams, type RouteTable } from './route.ts'

const label = z.object({ zh: z.string(), en: z.string() })
const cursor = z.string().max(200).optional()
const limit = z.coerce.number().int().min(1).max(100).default(30)
const listOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() })

export const MyMessage = z.object({
  id: Id,
  projectId: Id.nullable(),
  template: z.object({ key: z.string(), label }),
  priority: MessagePriority,
  subject: z.string(),
  body: z.string(),
  /** Page of what it is about. */
  link: z.string().nullable(),
  createdAt: Instant,
  readAt: Instant.nullable(),
})
export type MyMessage = z.infer<typeof MyMessage>

export const MessagePreferences = z.object({
  language: MessageLanguage,
  mutedChannels: z.array(OutsideChannel),
  quiet: QuietHours.nullable(),
  /** Nothing but urgent messages leaves the hub before. */
  mutedUntil: Instant.nullable(),
})
export type MessagePreferences = z.infer<typeof MessagePreferences>

export const OutboxDelivery = z.object({
  id: Id,
  messageId: Id,
  projectId: Id.nullable(),
  template: z.object({ key: z.string(), label }),
  channel: MessageChannelName,
  recipient: z.string(),
  /** Phone numbers masked for those who may not see them. */
  address: z.string().nullable(),
  subject: z.string(),
  priority: MessagePriority,
  state: MessageState,
  attempts: z.number().int(),
  createdAt: Instant,
  sentAt: Instant.nullable(),
  deliveredAt: Instant.nullable(),
  readAt: Instant.nullable(),
  /** When it is tried next; null when it is not. */
  nextAt: Instant.nullable(),
  /** Why the last try failed, or why it waits. */
  fault: z.string().nullable(),
})
export type OutboxDelivery = z.infer<typeof OutboxDelivery>

export const OutboxDetail = OutboxDelivery.extend({
  /** Null: confidential. */
  body: z.string().nullable(),
  link: z.string().nullable(),
  language: MessageLanguage,
  templateVersion: z.number().int(),
  providerId: z.string().nullable(),
})
export type OutboxDetail = z.infer<typeof OutboxDetail>

export const MessageTemplateSummary = z.object({
  key: z.string(),
  label,
  channels: z.array(OutsideChannel),
  confidential: z.boolean(),
  /** 0: as it comes with the program. */
  version: z.number().int(),
  edited: z.boolean(),
})
export type MessageTemplateSummary = z.infer<typeof MessageTemplateSummary>

const providerCodes = z.partialRecord(OutsideChannel, z.string().trim().max(100))
export const MessageTemplateDetail = MessageTemplateSummary.extend({
  texts: MessageTexts,
  builtinTexts: MessageTexts,
  variables: z.array(z.object({ name: z.string(), label, example: label })),
  /** Code of this text with a provider that wants texts approved: WeChat template, SMS template. */
  providerCodes,
  versions: z.array(
    z.object({
      version: z.number().int(),
      at: Instant,
      by: z.string(),
      note: z.string(),
      /** Null: the text of the program. */
      texts: MessageTexts.nullable(),
    }),
  ),
})
export type MessageTemplateDetail = z.infer<typeof MessageTemplateDetail>

export const MessageChannelView = z.object({
  channel: OutsideChannel,
  settings: ChannelSettings,
  hasSecret: z.boolean(),
  /** Address for receipts of the provider; null when it sends none. */
  receiptUrl: z.string().nullable(),
  /** 0: as it comes with the program. */
  version: z.number().int(),
  /** Of the last 24 hours. */
  sent: z.number().int(),
  waiting: z.number().int(),
  dead: z.number().int(),
})
export type MessageChannelView = z.infer<typeof MessageChannelView>

const keyParams = z.object({ key: z.string().max(80) })
const channelParams = z.object({ channel: OutsideChannel })

const myRoutes = {
  'GET /api/messages': {
    summary: 'My messages, newest first',
    query: z.object({ state: z.enum(['all', 'unread']).default('all'), q: z.string().trim().max(100).optional(), cursor, limit }),
    response: listOf(MyMessage),
  },
  'GET /api/messages/count': { summary: 'How many I have not read', response: z.object({ unread: z.number().int() }) },
  'POST /api/messages/read': {
    summary: 'Mark messages of mine as read; without ids all that are here by now',
    body: z.object({ ids: z.array(Id).max(200).optional(), read: z.boolean().default(true) }),
    response: z.object({ unread: z.number().int() }),
  },
  'GET /api/messages/preferences': { summary: 'How I want to be told', response: MessagePreferences },
  'PUT /api/messages/preferences': { summary: 'Say how I want to be told', body: MessagePreferences, response: MessagePreferences },
} as const satisfies RouteTable // prettier-ignore

const outboxRoutes = {
  'GET /api/outbox': {
    summary: 'What went out or waits, newest first',
    query: z.object({
      projectId: Id.optional(),
      state: MessageState.optional(),
      channel: MessageChannelName.optional(),
      template: z.string().max(80).optional(),
      /** Words of the subject or of the recipient's name. */
      q: z.string().trim().max(100).optional(),
      cursor,
      limit,
    }),
    response: listOf(OutboxDelivery),
  },
  'GET /api/outbox/:id': { summary: 'A message on its way', params: idParams, response: OutboxDetail },
  'POST /api/outbox/:id/send-again': { summary: 'Try a dead one again', params: idParams, response: OutboxDetail },
} as const satisfies RouteTable // prettier-ignore

const templateRoutes = {
  'GET /api/message-templates': { summary: 'Texts of messages', response: z.array(MessageTemplateSummary) },
  'GET /api/message-templates/:key': { summary: 'A text with its versions', params: keyParams, response: MessageTemplateDetail },
  'PUT /api/message-templates/:key': {
    summary: 'Change a text; what is sent from then on says it so',
    params: keyParams,
    body: z.object({
      /** The one that was read: an edit of something that changed meanwhile is refused. */
      version: z.number().int(),
      /** Null: back to the text of the program. */
      texts: MessageTexts.nullable(),
      channels: z.array(OutsideChannel).max(4),
      providerCodes,
      note: z.string().trim().max(200).default(''),
    }),
    response: MessageTemplateDetail,
  },
  'POST /api/message-templates/:key/preview': {
    summary: 'How a text reads with examples, and what is wrong with it',
    params: keyParams,
    body: z.object({ texts: MessageTexts }),
    response: z.object({
      zh: z.object({ subject: z.string(), body: z.string() }),
      en: z.object({ subject: z.string(), body: z.string() }),
      issues: z.array(z.object({ path: z.string(), reason: z.string() })),
    }),
  },
} as const satisfies RouteTable // prettier-ignore

const channelRoutes = {
  'GET /api/message-channels': { summary: 'Channels', response: z.array(MessageChannelView) },
  'PUT /api/message-channels/:channel': {
    summary: 'Set up a channel',
    params: channelParams,
    body: z.object({
      version: z.number().int(),
      settings: ChannelSettings,
      /** Left out: the one that is kept stays. Null: none any more. */
      secret: z.string().min(1).max(500).nullable().optional(),
    }),
    response: MessageChannelView,
  },
  'POST /api/message-channels/:channel/test': {
    summary: 'Send a trial message at once',
    params: channelParams,
    body: z.object({ address: z.string().trim().min(3).max(200) }),
    response: z.object({ ok: z.boolean(), reason: z.string().nullable(), providerId: z.string().nullable() }),
  },
  'POST /api/message-receipts/:channel/:token': {
    summary: 'A provider says what became of a message (no session; the token is the secret)',
    params: channelParams.extend({ token: z.string().max(100) }),
    body: z.unknown(),
    response: Done,
  },
} as const satisfies RouteTable // prettier-ignore

export const messagesRoutes = { ...myRoutes, ...outboxRoutes, ...templateRoutes, ...channelRoutes } as const
