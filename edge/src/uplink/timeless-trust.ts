/**
 * A box without a clock battery comes up in 1970, when no certificate is valid yet, and on a closed network the hub is
 * the only one who can tell it the time. So while the clock cannot be right, the hub's certificate is checked in all
 * but its dates: it must be issued by the CA that was pinned at enrolment, for a server, for this very host.
 */
import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { certificatesOf } from './certificate.ts'

/** Extended key usage of TLS servers (RFC 5280, 4.2.1.12). */
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'

/** Why the certificate is not believed; null when it is. */
export function faultButForTime(
  raw: Uint8Array | undefined,
  host: string,
  authorities: readonly string[],
): string | null {
  if (!raw) return 'it shows none'
  const leaf = new X509Certificate(raw)
  const issuers = authorities.flatMap(certificatesOf).filter((authority) => authority.ca)
  const issued = issuers.some((authority) => leaf.checkIssued(authority) && leaf.verify(authority.publicKey))
  if (!issued) return "it is not by the hub's CA"
  if (leaf.ca || !(leaf.keyUsage ?? []).includes(SERVER_AUTH)) return 'it is not for a server'
  const named = isIP(host) ? leaf.checkIP(host) : leaf.checkHost(host, { subject: 'never' })
  return named === undefined ? `it is not for ${host}` : null
}
