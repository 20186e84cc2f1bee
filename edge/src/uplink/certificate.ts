/** Keys, requests and certificates of the gateway. Pure but for the random numbers. */
import { createPrivateKey, generateKeyPair, sign, X509Certificate } from 'node:crypto'
import { promisify } from 'node:util'
import { AppError } from '@courtyard/protocols/contract'
import { errorCodes } from '../errors.ts'

/** A value in DER: tag, length (up to 65,535 bytes), content. */
function der(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const { length } = Buffer.concat(content)
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...head]), ...content])
}
const [INTEGER, BIT_STRING, OBJECT_ID, UTF8_STRING, SEQUENCE, SET, ATTRIBUTES] = [
  2, 3, 6, 12, 0x30, 0x31, 0xa0,
]
/** 2.5.4.3 */
const COMMON_NAME = Buffer.from('550403', 'hex')
/** 1.2.840.10045.4.3.2 */
const ECDSA_WITH_SHA256 = Buffer.from('2a8648ce3d040302', 'hex')

/**
 * A new key (PKCS #8 PEM) and a PKCS #10 request for it (RFC 2986). P-256: what every TLS library and every small box can
 * do. The hub gives the subject; what stands here is a courtesy. Written out, since a library for it loads 200 modules,
 * a fifth of all that a box has to read until it runs.
 */
export async function makeKeyAndRequest(): Promise<{ key: string; csr: string }> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' })
  const name = der(SEQUENCE, der(OBJECT_ID, COMMON_NAME), der(UTF8_STRING, Buffer.from('courtyard-edge')))
  const asked = der(
    SEQUENCE,
    der(INTEGER, Buffer.of(0)),
    der(SEQUENCE, der(SET, name)),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(ATTRIBUTES),
  )
  const signature = sign('sha256', asked, privateKey)
  const request = der(
    SEQUENCE,
    asked,
    der(SEQUENCE, der(OBJECT_ID, ECDSA_WITH_SHA256)),
    der(BIT_STRING, Buffer.of(0), signature),
  )
  const lines = request.toString('base64').replace(/.{64}(?=.)/g, '$&\n')
  const csr = `-----BEGIN CERTIFICATE REQUEST-----\n${lines}\n-----END CERTIFICATE REQUEST-----\n`
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), csr }
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
