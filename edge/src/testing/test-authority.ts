/** A CA for tests, as a hub has one: made with the same library, checked by Node's own TLS. */
import 'reflect-metadata'
import { KeyObject, randomBytes, webcrypto } from 'node:crypto'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  type Extension,
} from '@peculiar/x509'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const DAY_MS = 86_400_000
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'

type Keys = webcrypto.CryptoKeyPair

export interface Span {
  readonly fromMs?: number
  readonly toMs?: number
}

/** A certificate that signs itself and names nobody's address, as devices are delivered with. */
export async function selfSigned(): Promise<{ key: string; cert: string; sha256: string }> {
  const keys = await newKeys()
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: randomBytes(8).toString('hex'),
      name: 'CN=device',
      keys,
      signingAlgorithm: algorithm,
      ...span({}),
    },
    webcrypto,
  )
  const sha256 = Buffer.from(await certificate.getThumbprint('SHA-256', webcrypto)).toString('hex')
  return { key: pemOf(keys.privateKey), cert: certificate.toString('pem'), sha256 }
}

export class TestAuthority {
  readonly pem: string
  private readonly name: string
  private readonly keys: Keys

  private constructor(name: string, keys: Keys, pem: string) {
    this.name = name
    this.keys = keys
    this.pem = pem
  }

  static async create(commonName = 'Test hub CA'): Promise<TestAuthority> {
    const keys = await newKeys()
    const name = `CN=${commonName} ${randomBytes(4).toString('hex')}`
    const certificate = await X509CertificateGenerator.createSelfSigned(
      {
        serialNumber: randomBytes(8).toString('hex'),
        name,
        keys,
        signingAlgorithm: algorithm,
        ...span({}),
        extensions: [
          new BasicConstraintsExtension(true, 0, true),
          new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
        ],
      },
      webcrypto,
    )
    return new TestAuthority(name, keys, certificate.toString('pem'))
  }

  /** For 127.0.0.1 and localhost. */
  async server(valid: Span = {}): Promise<{ key: string; cert: string }> {
    const keys = await newKeys()
    const names = new SubjectAlternativeNameExtension([
      { type: 'ip', value: '127.0.0.1' },
      { type: 'dns', value: 'localhost' },
    ])
    const cert = await this.issue(
      'hub',
      keys.publicKey,
      [names, new ExtendedKeyUsageExtension([SERVER_AUTH])],
      valid,
    )
    return { key: pemOf(keys.privateKey), cert }
  }

  /** The request's own subject is ignored, as a hub has to. Rejects when its signature is wrong. */
  async client(csr: string, commonName: string, valid: Span = {}): Promise<string> {
    const request = new Pkcs10CertificateRequest(csr)
    if (!(await request.verify(webcrypto))) throw new Error('the request is not signed by its key')
    const key = await webcrypto.subtle.importKey('spki', request.publicKey.rawData, algorithm, true, [
      'verify',
    ])
    return this.issue(commonName, key, [new ExtendedKeyUsageExtension([CLIENT_AUTH])], valid)
  }

  private async issue(
    commonName: string,
    publicKey: webcrypto.CryptoKey,
    extensions: Extension[],
    valid: Span,
  ): Promise<string> {
    const certificate = await X509CertificateGenerator.create(
      {
        serialNumber: randomBytes(8).toString('hex'),
        subject: `CN=${commonName}`,
        issuer: this.name,
        signingKey: this.keys.privateKey,
        publicKey,
        signingAlgorithm: algorithm,
        ...span(valid),
        extensions: [new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true), ...extensions],
      },
      webcrypto,
    )
    return certificate.toString('pem')
  }
}

function pemOf(privateKey: webcrypto.CryptoKey): string {
  return KeyObject.from(privateKey).export({ type: 'pkcs8', format: 'pem' }).toString()
}

function newKeys(): Promise<Keys> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
}

function span({ fromMs = Date.now() - DAY_MS, toMs = Date.now() + 30 * DAY_MS }: Span) {
  return { notBefore: new Date(fromMs), notAfter: new Date(toMs) }
}
