/**
 * Whom the enrolment token may be shown to. Over https the hub is known by the system's CAs, by `hub.caFile`, or by the
 * fingerprint in `hub.caSha256`, which is then the only CA that counts. Over plain http everybody on the way can read
 * the token, so that is for one's own machine and the network of the site.
 */
import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { connect, rootCertificates, type DetailedPeerCertificate } from 'node:tls'
import { X509Certificate } from 'node:crypto'
import { AppError } from '@courtyard/protocols/contract'
import { errorCodes } from '../errors.ts'
import { certificatesOf, fingerprintOf } from './certificate.ts'

/** Loopback, link-local, private (RFC 1918, RFC 4193) and carrier-grade NAT (RFC 6598) addresses. */
const nearby = new BlockList()
for (const [network, prefix] of [['127.0.0.0', 8], ['10.0.0.0', 8], ['172.16.0.0', 12], ['192.168.0.0', 16], ['169.254.0.0', 16], ['100.64.0.0', 10]] as const) nearby.addSubnet(network, prefix, 'ipv4') // prettier-ignore
nearby.addAddress('::1', 'ipv6')
nearby.addSubnet('fc00::', 7, 'ipv6')
nearby.addSubnet('fe80::', 10, 'ipv6')

/** True when every address of the host is of this machine or of a private network. */
export async function isNearby(host: string): Promise<boolean> {
  const plain = host.replace(/^\[|\]$/g, '')
  const found = isIP(plain) ? [{ address: plain, family: isIP(plain) }] : await lookup(plain, { all: true })
  return found.every(({ address, family }) => nearby.check(address, family === 6 ? 'ipv6' : 'ipv4'))
}

/**
 * Refuses to show a token to a public address over plain http.
 * @throws AppError `edge.enrolment_insecure`; `edge.enrolment_failed` when the name cannot be resolved.
 */
export async function checkPlainHttp(url: URL, allowed: boolean): Promise<void> {
  if (url.protocol !== 'http:' || allowed) return
  const near = await isNearby(url.hostname).catch((cause: unknown) => {
    throw new AppError(errorCodes.enrolmentFailed, `${url.origin} cannot be reached`, { cause })
  })
  if (near) return
  throw new AppError(
    errorCodes.enrolmentInsecure,
    `the enrolment token is not sent to ${url.origin} in the clear: use https with hub.caSha256, or set hub.allowPlainHttp: true`,
  )
}

/**
 * The PEM of the certificate with this fingerprint in the chain that the server shows: of its CA, or its own. Nothing
 * is believed here; whoever gets the PEM makes a connection of its own that trusts this certificate alone.
 * @throws AppError `edge.hub_untrusted` when there is none with that fingerprint, `edge.enrolment_failed`.
 */
export async function findPinned(url: URL, sha256: string, timeoutMs: number): Promise<string> {
  const chain = await showChain(url, timeoutMs)
  const pinned = chain.find((certificate) => fingerprintOf(certificate) === sha256)
  if (pinned) return pinned.toString()
  const seen = chain.map((certificate) => fingerprintOf(certificate).slice(0, 16)).join(', ')
  throw new AppError(
    errorCodes.hubUntrusted,
    `${url.origin} does not show the CA of hub.caSha256 (it shows ${seen || 'nothing'}): compare the fingerprint with the hub's, or somebody stands in between`,
  )
}

function showChain(url: URL, timeoutMs: number): Promise<X509Certificate[]> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) =>
      reject(new AppError(errorCodes.enrolmentFailed, `${url.origin} cannot be reached`, { cause }))
    const socket = connect({ host, port: Number(url.port || 443), ...(isIP(host) ? {} : { servername: host }), rejectUnauthorized: false }) // prettier-ignore
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no answer within ${timeoutMs} ms`)))
    socket.once('error', fail)
    socket.once('secureConnect', () => {
      const chain = chainOf(socket.getPeerCertificate(true))
      socket.destroy()
      resolve(chain)
    })
  })
}

function chainOf(leaf: DetailedPeerCertificate): X509Certificate[] {
  const chain: X509Certificate[] = []
  const seen = new Set<string>()
  let at: DetailedPeerCertificate | undefined = leaf
  while (at?.raw && !seen.has(at.fingerprint256)) {
    seen.add(at.fingerprint256)
    chain.push(new X509Certificate(at.raw))
    at = at.issuerCertificate
  }
  return chain
}

/** Trusted besides nothing else when a CA of one's own is named; else the CAs of the system. */
export function authorities(...own: (string | undefined)[]): string[] {
  const named = own.filter((pem) => pem !== undefined)
  // Apart, because a bundle may have been put together without line ends, which OpenSSL refuses.
  const apart = named.flatMap((pem) => certificatesOf(pem).map((certificate) => certificate.toString()))
  return named.length > 0 ? apart : [...rootCertificates]
}
