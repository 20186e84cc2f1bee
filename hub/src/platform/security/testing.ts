/** Keys and certificate requests as a gateway makes them. */
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509'

export interface TestRequest {
  readonly csr: string
  /** PKCS #8 PEM. */
  readonly privateKey: string
}

type KeyKind = 'P-256' | 'P-384' | 'Ed25519' | 'RSA-1024' | 'RSA-2048'

const algorithms: Readonly<Record<KeyKind, { name: string; [parameter: string]: unknown }>> = {
  'P-256': { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  'P-384': { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' },
  Ed25519: { name: 'Ed25519' },
  'RSA-1024': rsa(1_024),
  'RSA-2048': rsa(2_048),
}

export async function makeRequest(
  kind: KeyKind = 'P-256',
  subject = 'CN=someone else',
): Promise<TestRequest> {
  const algorithm = algorithms[kind]
  const parameters = algorithm as unknown as webcrypto.EcKeyGenParams
  const keys = await webcrypto.subtle.generateKey(parameters, true, ['sign', 'verify'])
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: subject,
    keys,
    signingAlgorithm: algorithm,
  })
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  return {
    csr: request.toString('pem'),
    privateKey: `-----BEGIN PRIVATE KEY-----\n${der.match(/.{1,64}/g)!.join('\n')}\n-----END PRIVATE KEY-----\n`,
  }
}

function rsa(modulusLength: number) {
  return {
    name: 'RSASSA-PKCS1-v1_5',
    modulusLength,
    publicExponent: new Uint8Array([1, 0, 1]),
    hash: 'SHA-256',
  }
}
