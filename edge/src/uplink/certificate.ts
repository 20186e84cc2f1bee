/** Keys, requests and certificates of the gateway. Pure but for the random numbers. */
import { createPrivateKey, KeyObject, webcrypto, X509Certificate } from 'node:crypto'
import { AppError } from '@courtyard/protocols/contract'
import { errorCodes } from '../errors.ts'

/** P-256: what every TLS library and every small box can do. */
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

/** A new key (PKCS #8 PEM) and a PKCS #10 request for it. The hub gives the subject; what stands here is a courtesy. */
export async function makeKeyAndRequest(): Promise<{ key: string; csr: string }> {
  // Needed once in months, so loaded only then. The library registers its parts through the metadata API.
  await import('reflect-metadata')
  const { Pkcs10CertificateRequestGenerator } = await import('@peculiar/x509')
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const request = await Pkcs10CertificateRequestGenerator.create(
    { name: 'CN=courtyard-edge', keys, signingAlgorithm: algorithm },
    webcrypto,
  )
  const key = KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }).toString()
  return { key, csr: request.toString('pem') }
}

/** The certificates of a PEM text, in its order. */
export function certificatesOf(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  return blocks.map((block) => new X509Certificate(block))
}

/** SHA-256 of the DER in lower-case hexadecimal, as in `hub.caSha256`. */
export function fingerprintOf(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase()
}

/**
 * Checks what a hub has issued: for this key, by one of these CAs.
 * @throws AppError `edge.certificate_invalid`.
 */
export function checkIssued(issued: { key: string; certificate: string; ca: string }): void {
  const fault = faultOf(issued)
  if (fault !== null) throw new AppError(errorCodes.certificateInvalid, `the hub's certificate for this gateway cannot be used: ${fault}`) // prettier-ignore
}

function faultOf({ key, certificate, ca }: { key: string; certificate: string; ca: string }): string | null {
  try {
    const [own] = certificatesOf(certificate)
    const authorities = certificatesOf(ca)
    if (!own || authorities.length === 0) return 'it is no PEM certificate'
    if (!own.checkPrivateKey(createPrivateKey(key))) return 'it is for another key'
    const issued = authorities.some((authority) => authority.ca && own.verify(authority.publicKey))
    return issued ? null : 'it was not issued by the CA that came with it'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

export interface Validity {
  readonly fromMs: number
  readonly toMs: number
}

/** @throws when the text holds no certificate. */
export function validityOf(pem: string): Validity {
  const [certificate] = certificatesOf(pem)
  if (!certificate) throw new AppError(errorCodes.certificateInvalid, 'it is no PEM certificate')
  return { fromMs: Date.parse(certificate.validFrom), toMs: Date.parse(certificate.validTo) }
}

/** Less than a third of the lifetime is left. */
export function isDueForRenewal({ fromMs, toMs }: Validity, nowMs: number): boolean {
  return toMs - nowMs < (toMs - fromMs) / 3
}

/** Whether two bundles share a CA: a new bundle without any known one is not a rotation. */
export function shareAuthority(one: string, other: string): boolean {
  const known = new Set(certificatesOf(one).map(fingerprintOf))
  return certificatesOf(other).some((certificate) => known.has(fingerprintOf(certificate)))
}
