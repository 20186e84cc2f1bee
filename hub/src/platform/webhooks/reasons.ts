import { registerReasons, type ReasonOf } from '../reasons/reason.ts'

/** Why a delivery was not taken. */
export const webhookReasons = registerReasons({
  'webhook.refused': { zh: '对方返回 HTTP {status}', en: 'the receiver answered HTTP {status}' },
  'webhook.redirect': {
    zh: '对方要求转到别的地址（HTTP {status}），不跟随；请直接填写最终地址',
    en: 'the receiver points elsewhere (HTTP {status}), which is not followed; give the final address',
  },
  'webhook.gone': { zh: '对方表示不再接收（HTTP 410）', en: 'the receiver wants no more of it (HTTP 410)' },
  'webhook.unreachable': { zh: '无法连接：{fault}', en: 'it could not be reached: {fault}' },
  'webhook.too_slow': { zh: '{seconds} 秒内没有应答', en: 'no answer within {seconds} seconds' },
  'webhook.address_forbidden': {
    zh: '地址 {address} 属于本机、链路本地或云平台内部，不允许发送',
    en: '{address} is this machine, the local link or the inside of a cloud: nothing is sent there',
  },
  'webhook.address_private': {
    zh: '地址 {address} 在内网；需要管理员在系统设置中允许发送到内网',
    en: '{address} lies in a private network; an administrator has to allow that in the settings',
  },
  'webhook.needs_https': {
    zh: '内网以外的地址必须用 https',
    en: 'addresses outside of the private network need https',
  },
  'webhook.no_such_host': { zh: '域名 {host} 无法解析', en: 'there is no host {host}' },
  'webhook.owner_gone': {
    zh: '负责人的账号已停用；请由其他人接手',
    en: 'the account of its owner is disabled; somebody has to take the webhook over',
  },
  'webhook.no_right': {
    zh: '负责人在这个项目没有“{permission}”权限，不能告诉外部系统',
    en: 'its owner may not read that there (he lacks {permission}), so nobody is told',
  },
  'webhook.tries_over': {
    zh: '每次尝试都没有结果',
    en: 'each try ended without a result',
  },
  'webhook.unknown_event': { zh: '没有事件 {types}', en: 'there is no event {types}' },
  'webhook.no_project': { zh: '有项目不存在', en: 'one of the projects does not exist' },
  'webhook.beyond': {
    zh: '只能订阅自己在整个项目有权查看的内容（缺少：{permissions}）',
    en: 'goes beyond what you may read in the whole project (you lack: {permissions})',
  },
})
export type WebhookReason = ReasonOf<typeof webhookReasons>

/** Why a try failed. */
export class WebhookFault extends Error {
  readonly reason: WebhookReason
  /** HTTP status, when somebody answered. */
  readonly status: number | null
  /** Beginning of the answer. */
  readonly body: string | null
  /** Trying again makes no sense. */
  readonly permanent: boolean

  constructor(
    reason: WebhookReason,
    more: { status?: number; body?: string; permanent?: boolean; cause?: unknown } = {},
  ) {
    super(reason.code, { cause: more.cause })
    this.name = 'WebhookFault'
    this.reason = reason
    this.status = more.status ?? null
    this.body = more.body ?? null
    this.permanent = more.permanent ?? false
  }
}
