/**
 * Making certificates (RFC 5280) and reading requests for them (RFC 2986). Knows nothing of the database; the time
 * is given.
 */
import 'reflect-metadata'
import { createPublicKey, randomBytes, webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
  X509CrlGenerator,
} from '@peculiar/x509'
import { fail } from '../errors.ts'
import { securityErrors } from './errors.ts'

const EC = { name: 'ECDSA', namedCurve: 'P-256' }
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' }
const DAY_MS = 86_400_000
/** Machines on both ends of a new certificate do not agree to the second about now. */
const BACKDATED_MS = 3_600_000
const MIN_RSA_BITS = 2_048
/** Verifying signatures of longer keys is work that a stranger could make us do. */
const MAX_RSA_BITS = 8_192

/** A certificate with its private key, both PEM. */
export interface KeyedCertificate {
  readonly certificate: string
  readonly privateKey: string
  readonly expiresAt: Date
}

export interface Issuer {
  readonly certificate: string
  readonly privateKey: string
}

export interface IssuedClient {
  readonly certificate: string
  readonly serial: string
  readonly expiresAt: Date
}

/** A root of its own that signs end certificates only. */
export async function makeAuthority(now: Date, days: number): Promise<KeyedCertificate> {
  const keys = await newKeys()
  const expiresAt = new Date(now.getTime() + days * DAY_MS)
  const made = await X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    // Each has a name of its own, so that an issuer is found among two
    name: [{ O: ['Courtyard'] }, { CN: [`Courtyard CA ${randomBytes(4).toString('hex')}`] }],
    notBefore: new Date(now.getTime() - BACKDATED_MS),
    notAfter: expiresAt,
    signingAlgorithm: SIGNING,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return {
    certificate: `${made.toString('pem').trim()}\n`,
    privateKey: await toPem(keys.privateKey),
    expiresAt,
  }
}

/** A certificate with a new key for a listener (`names` given) or a client of the hub's own. */
export async function makeKeyed(
  issuer: Issuer,
  commonName: string,
  names: readonly string[],
  now: Date,
  days: number,
): Promise<KeyedCertificate> {
  const keys = await newKeys()
  const purposes = names.length > 0 ? [ExtendedKeyUsage.serverAuth] : [ExtendedKeyUsage.clientAuth]
  const made = await sign(issuer, keys.publicKey, commonName, now, days, [
    new ExtendedKeyUsageExtension(purposes),
    ...(names.length > 0 ? [new SubjectAlternativeNameExtension(names.map(alternativeName))] : []),
  ])
  return {
    certificate: `${made.toString('pem').trim()}\n`,
    privateKey: await toPem(keys.privateKey),
    expiresAt: made.notAfter,
  }
}

/**
 * A client certificate for the key in a request. Everything else that the request says, its subject above all, is
 * ignored: who it is for is known from elsewhere.
 * @throws AppError `security.csr_refused`
 */
export async function signRequest(
  issuer: Issuer,
  csrPem: string,
  commonName: string,
  now: Date,
  days: number,
): Promise<IssuedClient> {
  const key = await keyOfRequest(csrPem)
  const made = await sign(issuer, key, commonName, now, days, [
    new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth]),
  ])
  return {
    certificate: `${made.toString('pem').trim()}\n`,
    serial: made.serialNumber,
    expiresAt: made.notAfter,
  }
}

/** One list for one issuer, PEM. Brokers refuse everybody when it is past `days`. */
export async function makeRevocationList(
  issuer: Issuer,
  revoked: readonly { readonly serial: string; readonly revokedAt: Date }[],
  now: Date,
  days: number,
): Promise<string> {
  const certificate = new X509Certificate(issuer.certificate)
  const list = await X509CrlGenerator.create({
    issuer: certificate.subject,
    thisUpdate: new Date(now.getTime() - BACKDATED_MS),
    nextUpdate: new Date(now.getTime() + days * DAY_MS),
    signingAlgorithm: SIGNING,
    signingKey: await fromPem(issuer.privateKey),
    entries: revoked.map(({ serial, revokedAt }) => ({ serialNumber: serial, revocationDate: revokedAt })),
    extensions: [await AuthorityKeyIdentifierExtension.create(certificate.publicKey), listNumber(now)],
  })
  // The library calls it `CRL`; RFC 7468, section 6, and OpenSSL call it so
  return pemOf('X509 CRL', Buffer.from(list.rawData))
}

/** SHA-256 over the DER, as tools show it: `AB:CD:…`. */
export async function fingerprintOf(certificatePem: string): Promise<string> {
  const digest = await new X509Certificate(certificatePem).getThumbprint('SHA-256')
  return (Buffer.from(digest).toString('hex').toUpperCase().match(/../g) ?? []).join(':')
}

async function sign(
  issuer: Issuer,
  publicKey: webcrypto.CryptoKey,
  commonName: string,
  now: Date,
  days: number,
  extensions: readonly Extension[],
): Promise<X509Certificate> {
  const authority = new X509Certificate(issuer.certificate)
  const wanted = new Date(now.getTime() + days * DAY_MS)
  return X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject: [{ CN: [commonName] }],
    issuer: authority.subject,
    notBefore: new Date(now.getTime() - BACKDATED_MS),
    notAfter: wanted < authority.notAfter ? wanted : authority.notAfter,
    signingAlgorithm: SIGNING,
    publicKey,
    signingKey: await fromPem(issuer.privateKey),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      await AuthorityKeyIdentifierExtension.create(authority.publicKey),
      await SubjectKeyIdentifierExtension.create(publicKey),
      ...extensions,
    ],
  })
}

/** The public key of a request whose signature proves that the sender has the private one. */
async function keyOfRequest(csrPem: string): Promise<webcrypto.CryptoKey> {
  let request: Pkcs10CertificateRequest
  try {
    request = new Pkcs10CertificateRequest(csrPem)
    checkKey(Buffer.from(request.publicKey.rawData))
    if (await request.verify()) return (await request.publicKey.export()) as webcrypto.CryptoKey
  } catch (cause) {
    throw refused(cause instanceof Error ? cause.message : 'it cannot be read', cause)
  }
  throw refused('its signature is not that of its key')
}

function checkKey(spki: Buffer): void {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = createPublicKey({
    key: spki,
    format: 'der',
    type: 'spki',
  })
  if (type === 'ec' && details?.namedCurve === 'prime256v1') return
  const bits = details?.modulusLength ?? 0
  if (type === 'rsa' && bits >= MIN_RSA_BITS && bits <= MAX_RSA_BITS) return
  throw new Error('the key must be EC P-256 or RSA of 2048 bits or more')
}

function refused(why: string, cause?: unknown) {
  return fail(
    securityErrors.csrRefused,
    `The certificate request is refused: ${why}`,
    { reason: why.slice(0, 200) },
    cause,
  )
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(EC, true, ['sign', 'verify'])
}

/** 126 random bits that begin with a digit other than 0: one spelling in every tool. */
function newSerial(): string {
  const bytes = randomBytes(16)
  bytes[0] = (bytes[0]! & 0x3f) | 0x40
  return bytes.toString('hex')
}

/** CRL number (RFC 5280, 5.2.3): grows with time; DER of an INTEGER. */
function listNumber(now: Date): Extension {
  const value = Buffer.alloc(7)
  value[0] = 0x02
  value[1] = 5
  value.writeUIntBE(Math.floor(now.getTime() / 1000), 2, 5)
  return new Extension('2.5.29.20', false, value)
}

function alternativeName(name: string): { type: 'ip' | 'dns'; value: string } {
  return { type: isIP(name) ? 'ip' : 'dns', value: name }
}

async function toPem(key: webcrypto.CryptoKey): Promise<string> {
  return pemOf('PRIVATE KEY', Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)))
}

function pemOf(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

function fromPem(pem: string): Promise<webcrypto.CryptoKey> {
  const der = Buffer.from(pem.replaceAll(/-----[^-]+-----/g, ''), 'base64')
  return webcrypto.subtle.importKey('pkcs8', der, EC, false, ['sign'])
}
