import type { ChannelSettings, MessageChannelView } from '@courtyard/protocols/contract'
import type { Transport } from './message-words.ts'

/** A channel as fields of a form; what belongs to another way of sending is kept, so that changing back loses nothing. */
export interface ChannelForm {
  enabled: boolean
  transport: Transport
  perMinute: number
  quietFrom: string
  quietTo: string
  secret: string
  smtp: { host: string; port: number; security: 'tls' | 'startTls' | 'none'; username: string; from: string }
  http: {
    url: string
    method: 'POST' | 'PUT' | 'GET'
    contentType: 'application/json' | 'application/x-www-form-urlencoded'
    headers: string
    body: string
    successPath: string
    successValue: string
    idPath: string
    receiptId: string
    receiptState: string
    receiptDelivered: string
  }
  wechat: { baseUrl: string; appId: string }
}

export function formOf({ settings }: MessageChannelView): ChannelForm {
  const { smtp, http, wechat, quiet } = settings
  return {
    ...{
      enabled: settings.enabled,
      transport: settings.transport,
      perMinute: settings.perMinute,
      secret: '',
    },
    ...{ quietFrom: quiet?.from ?? '', quietTo: quiet?.to ?? '' },
    smtp: smtp
      ? { ...smtp, username: smtp.username ?? '' }
      : { host: '', port: 465, security: 'tls', username: '', from: '' },
    http: {
      ...{
        url: http?.url ?? '',
        method: http?.method ?? 'POST',
        contentType: http?.contentType ?? 'application/json',
      },
      headers: (http?.headers ?? []).map(({ name, value }) => `${name}: ${value}`).join('\n'),
      body: http?.body ?? '{"id":"{id}","to":"{to}","text":"{body}"}',
      ...{
        successPath: http?.successPath ?? '',
        successValue: http?.successValue ?? '',
        idPath: http?.idPath ?? '',
      },
      ...{ receiptId: http?.receipt?.idPath ?? '', receiptState: http?.receipt?.statePath ?? '' },
      receiptDelivered: http?.receipt?.delivered ?? '',
    },
    wechat: wechat ? { ...wechat } : { baseUrl: 'https://api.weixin.qq.com', appId: '' },
  }
}

export function settingsOf(form: ChannelForm): ChannelSettings {
  const { smtp, http, wechat } = form
  const hasReceipt = http.receiptId !== '' && http.receiptState !== '' && http.receiptDelivered !== ''
  return {
    ...{ enabled: form.enabled, transport: form.transport, perMinute: Number(form.perMinute) },
    quiet: form.quietFrom && form.quietTo ? { from: form.quietFrom, to: form.quietTo } : null,
    smtp: smtp.host ? { ...smtp, port: Number(smtp.port), username: smtp.username || null } : null,
    http: http.url
      ? {
          ...{ url: http.url, method: http.method, contentType: http.contentType, body: http.body },
          ...{ successPath: http.successPath, successValue: http.successValue, idPath: http.idPath },
          headers: headersOf(http.headers),
          receipt: hasReceipt
            ? { idPath: http.receiptId, statePath: http.receiptState, delivered: http.receiptDelivered }
            : null,
        }
      : null,
    wechat: wechat.appId ? { ...wechat } : null,
  }
}

function headersOf(text: string): { name: string; value: string }[] {
  return text
    .split('\n')
    .filter((line) => line.includes(':'))
    .map((line) => {
      const at = line.indexOf(':')
      return { name: line.slice(0, at).trim(), value: line.slice(at + 1).trim() }
    })
}
