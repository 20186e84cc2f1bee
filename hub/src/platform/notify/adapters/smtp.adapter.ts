/** E-mail by SMTP (nodemailer). The Message-ID is that of the delivery, so a repeated one can be told by the reader. */
import { createTransport } from 'nodemailer'
import type { SmtpSettings } from '@courtyard/protocols/contract'
import { SendFault, shortText, type ChannelAdapter } from './adapter.ts'

export function smtpAdapter(settings: SmtpSettings, password: string | null): ChannelAdapter {
  const domain = /@([\w.-]+)/.exec(settings.from)?.[1] ?? 'courtyard'
  return async (message) => {
    const transport = createTransport({
      host: settings.host,
      port: settings.port,
      secure: settings.security === 'tls',
      requireTLS: settings.security === 'startTls',
      ignoreTLS: settings.security === 'none',
      connectionTimeout: 10_000,
      greetingTimeout: 10_000,
      socketTimeout: 20_000,
      disableFileAccess: true,
      disableUrlAccess: true,
      ...(settings.username ? { auth: { user: settings.username, pass: password ?? '' } } : {}),
    })
    try {
      await transport.sendMail({
        from: settings.from,
        to: { name: message.recipient, address: message.address },
        subject: message.subject,
        text: message.link ? `${message.body}\n\n${message.link}\n` : `${message.body}\n`,
        messageId: `<${message.id}@${domain}>`,
        headers: { 'Auto-Submitted': 'auto-generated', 'Content-Language': message.language },
      })
      return { providerId: message.id }
    } catch (error) {
      throw faultOf(error)
    } finally {
      transport.close()
    }
  }
}

/** 5xx about the recipient or the content is for good (RFC 5321, 4.2.1); a wrong password can be put right. */
function faultOf(error: unknown): SendFault {
  const { responseCode, command, code } = error as { responseCode?: number; command?: string; code?: string }
  const fault = shortText(error)
  if (responseCode === undefined)
    return new SendFault({ code: 'message.unreachable', fault }, code === 'EENVELOPE', error)
  const permanent = responseCode >= 500 && /^(RCPT TO|DATA)/.test(command ?? '')
  return new SendFault({ code: 'message.refused', fault }, permanent, error)
}
