/**
 * Template messages of a WeChat official account: `POST /cgi-bin/stable_token` and
 * `POST /cgi-bin/message/template/send`, as its documentation describes them. The stable token is the same for all who
 * ask, so several processes do not put each other's out of force.
 */
import type { WechatSettings } from '@courtyard/protocols/contract'
import type { Clock } from '../../clock.ts'
import { SendFault, shortText, type ChannelAdapter, type Outgoing } from './adapter.ts'
import { jsonOf, requestText } from './http.adapter.ts'

interface Token {
  readonly value: string
  readonly untilMs: number
}
/** Access tokens by account and secret; `{ value, … }` is a secret: never logged. */
const tokens = new Map<string, Token>()
/** Asked for anew before it ends. */
const RENEW_BEFORE_MS = 300_000

/** The token is not in force (any more): invalid, expired, or made with another secret. */
const TOKEN_CODES = [40001, 40014, 42001]
/** The reader does not follow the account, the openid or the template is wrong, the content is refused. */
const PERMANENT_CODES = [40003, 40037, 43004, 43019, 47003]

export function wechatAdapter(settings: WechatSettings, secret: string | null, clock: Clock): ChannelAdapter {
  return async (message) => {
    if (message.providerCode === null) throw new SendFault({ code: 'message.no_code' }, true)
    if (secret === null) throw new SendFault({ code: 'message.not_set_up' }, false)
    let answer = await send(settings, await tokenOf(settings, secret, clock, false), message)
    if (TOKEN_CODES.includes(answer.errcode)) {
      answer = await send(settings, await tokenOf(settings, secret, clock, true), message)
    }
    if (answer.errcode !== 0) {
      const fault = shortText(`${answer.errcode} ${answer.errmsg}`)
      throw new SendFault({ code: 'message.refused', fault }, PERMANENT_CODES.includes(answer.errcode))
    }
    return { providerId: answer.msgid === undefined ? null : String(answer.msgid) }
  }
}

interface Answer {
  readonly errcode: number
  readonly errmsg: string
  readonly msgid?: number | string
  readonly access_token?: string
  readonly expires_in?: number
}

function send(settings: WechatSettings, token: string, message: Outgoing): Promise<Answer> {
  const data = Object.fromEntries(Object.entries(message.variables).map(([name, value]) => [name, { value }]))
  return post(settings, `/cgi-bin/message/template/send?access_token=${encodeURIComponent(token)}`, {
    touser: message.address,
    template_id: message.providerCode,
    ...(message.link ? { url: message.link } : {}),
    // At most 32 characters: the same message is sent once
    client_msg_id: message.id.replaceAll('-', ''),
    data,
  })
}

async function tokenOf(
  settings: WechatSettings,
  secret: string,
  clock: Clock,
  anew: boolean,
): Promise<string> {
  const key = `${settings.baseUrl}\n${settings.appId}\n${secret}`
  const known = tokens.get(key)
  const nowMs = clock.now().getTime()
  if (!anew && known && known.untilMs - RENEW_BEFORE_MS > nowMs) return known.value
  const answer = await post(settings, '/cgi-bin/stable_token', {
    ...{ grant_type: 'client_credential', appid: settings.appId, secret, force_refresh: false },
  })
  if (!answer.access_token) {
    throw new SendFault(
      { code: 'message.refused', fault: shortText(`${answer.errcode} ${answer.errmsg}`) },
      false,
    )
  }
  tokens.set(key, { value: answer.access_token, untilMs: nowMs + (answer.expires_in ?? 7_200) * 1_000 })
  return answer.access_token
}

async function post(settings: WechatSettings, path: string, body: object): Promise<Answer> {
  const { status, text } = await requestText(settings.baseUrl.replace(/\/+$/, '') + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const content = jsonOf(text)
  if (status !== 200 || typeof content !== 'object' || content === null) {
    throw new SendFault({ code: 'message.refused', fault: `HTTP ${status}` }, false)
  }
  return { errcode: 0, errmsg: '', ...content }
}
