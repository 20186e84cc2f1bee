/** All that an enrolment needs as one text to paste or to scan: `courtyard://enrol?hub=…&token=…&ca=…`. */
import { AppError } from '@courtyard/protocols/contract'
import { errorCodes } from '../errors.ts'

export interface EnrolLink {
  readonly url: string
  readonly enrolmentToken: string
  /** Absent for a hub without https. */
  readonly caSha256?: string
}

/** @throws AppError `edge.usage`; the message never quotes the token. */
export function parseEnrolLink(text: string): EnrolLink {
  const link = URL.parse(text.trim())
  if (link?.protocol !== 'courtyard:' || link.host !== 'enrol') {
    throw fault('it should look like courtyard://enrol?hub=…&token=…&ca=…')
  }
  const hub = URL.parse(link.searchParams.get('hub') ?? '')
  const token = link.searchParams.get('token') ?? ''
  const ca = (link.searchParams.get('ca') ?? '').replaceAll(':', '').toLowerCase()
  if (!hub || !['http:', 'https:'].includes(hub.protocol)) throw fault('hub is not an http or https address')
  if (token.length < 16) throw fault('token is missing or cut off')
  if (ca !== '' && !/^[0-9a-f]{64}$/.test(ca)) throw fault('ca is not a SHA-256 fingerprint')
  return { url: hub.href.replace(/\/$/, ''), enrolmentToken: token, ...(ca === '' ? {} : { caSha256: ca }) }
}

function fault(reason: string): AppError {
  return new AppError(errorCodes.usage, `the enrolment link cannot be used: ${reason}`)
}
