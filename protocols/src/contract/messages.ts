/** Messages to people: channels, their settings, texts. */
import * as z from 'zod'

export const MessageChannelName = z.enum(['inApp', 'email', 'sms', 'wechat', 'voice'])
export type MessageChannelName = z.infer<typeof MessageChannelName>
/** Those that leave the hub. */
export const OutsideChannel = z.enum(['email', 'sms', 'wechat', 'voice'])
export type OutsideChannel = z.infer<typeof OutsideChannel>
export const MessagePriority = z.enum(['low', 'normal', 'urgent'])
export type MessagePriority = z.infer<typeof MessagePriority>
/** `failed` is tried again; `dead` is not, until somebody asks for it. */
export const MessageState = z.enum(['queued', 'failed', 'sent', 'delivered', 'dead'])
export type MessageState = z.infer<typeof MessageState>
export const MessageLanguage = z.enum(['zh', 'en'])
export type MessageLanguage = z.infer<typeof MessageLanguage>

/** Local time of day, `22:00`. */
export const LocalTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/)
/** From one time of day to another, over midnight too; `to` is the first minute that is not quiet. */
export const QuietHours = z
  .object({ from: LocalTime, to: LocalTime })
  .refine(({ from, to }) => from !== to, { path: ['to'] })
export type QuietHours = z.infer<typeof QuietHours>

const webAddress = z.url({ protocol: /^https?$/ }).max(500)

export const SmtpSettings = z.object({
  host: z.string().trim().min(1).max(200),
  port: z.number().int().min(1).max(65_535).default(465),
  /** `startTls` is refused by the hub when the server does not offer it. */
  security: z.enum(['tls', 'startTls', 'none']).default('tls'),
  /** Null: no sign-in. */
  username: z.string().trim().min(1).max(200).nullable().default(null),
  /** `Courtyard <noreply@example.org>` */
  from: z.string().trim().min(3).max(200),
})
export type SmtpSettings = z.infer<typeof SmtpSettings>

/**
 * Any provider with an HTTP interface. In the address, the values of headers and the body `{id}` `{to}` `{subject}`
 * `{body}` `{code}` `{secret}` and variables of the template are filled in, quoted as the content type asks for.
 */
export const HttpGatewaySettings = z.object({
  url: webAddress,
  method: z.enum(['POST', 'PUT', 'GET']).default('POST'),
  contentType: z.enum(['application/json', 'application/x-www-form-urlencoded']).default('application/json'),
  headers: z
    .array(z.object({ name: z.string().regex(/^[A-Za-z0-9-]{1,60}$/), value: z.string().max(500) }))
    .max(20)
    .default([]),
  body: z.string().max(4_000).default('{"id":"{id}","to":"{to}","text":"{body}"}'),
  /** Beside a 2xx status: the value at this path of the answer's JSON, `result.code`; empty: the status alone. */
  successPath: z.string().max(100).default(''),
  successValue: z.string().max(100).default(''),
  /** Where the answer says the provider's number of the message; receipts name it. */
  idPath: z.string().max(100).default(''),
  /** How receipts of the provider are read; null: it sends none. */
  receipt: z
    .object({
      idPath: z.string().min(1).max(100),
      statePath: z.string().min(1).max(100),
      delivered: z.string().min(1).max(100),
    })
    .nullable()
    .default(null),
})
export type HttpGatewaySettings = z.infer<typeof HttpGatewaySettings>

export const WechatSettings = z.object({
  baseUrl: webAddress.default('https://api.weixin.qq.com'),
  appId: z.string().trim().min(1).max(60),
})
export type WechatSettings = z.infer<typeof WechatSettings>

/** `file` writes one line of JSON per message into the data folder: for trying out, and for programs that fetch. */
export const ChannelSettings = z.object({
  enabled: z.boolean(),
  transport: z.enum(['file', 'smtp', 'http', 'wechat']),
  /** Most that are sent in a minute. */
  perMinute: z.number().int().min(1).max(6_000),
  /** In the time zone of the project; urgent messages pass. */
  quiet: QuietHours.nullable(),
  smtp: SmtpSettings.nullable().default(null),
  http: HttpGatewaySettings.nullable().default(null),
  wechat: WechatSettings.nullable().default(null),
})
export type ChannelSettings = z.infer<typeof ChannelSettings>

export const MessageText = z.object({
  subject: z.string().trim().min(1).max(200),
  body: z.string().trim().min(1).max(4_000),
})
export type MessageText = z.infer<typeof MessageText>
export const MessageTexts = z.object({ zh: MessageText, en: MessageText })
export type MessageTexts = z.infer<typeof MessageTexts>
