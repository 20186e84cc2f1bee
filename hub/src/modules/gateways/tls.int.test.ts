import { randomUUID } from 'node:crypto'
import { request as httpsRequest } from 'node:https'
import type { TLSSocket } from 'node:tls'
import mqtt, { type MqttClient } from 'mqtt'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { CertificateMessage, topics, type EnrolResponse } from '@courtyard/protocols/contract'
import { makeAuthority, signRequest } from '../../platform/security/certificates.ts'
import { makeRequest, type TestRequest } from '../../platform/security/testing.ts'
import { fromSomewhere, startTestHub, type TestClient, type TestHub } from '../../platform/testing.ts'
import { fleetModule } from '../fleet/index.ts'
import { telemetryModule } from '../telemetry/index.ts'
import { createProject } from '../telemetry/testing.ts'
import { gatewaysModule } from './index.ts'

let hub: TestHub
let engineer: TestClient
let projectId: string
const clients: MqttClient[] = []

interface Member extends EnrolResponse {
  readonly tls: NonNullable<EnrolResponse['tls']>
  readonly privateKey: string
}

async function newToken(): Promise<string> {
  const body = { projectId, name: randomUUID() }
  return (await engineer.call('POST /api/gateways', { body })).token
}

async function enrol(request?: TestRequest): Promise<Member> {
  const { csr, privateKey } = request ?? (await makeRequest())
  const body = { token: await newToken(), agentVersion: '1', csr }
  const answer = await hub.anonymous.call('POST /api/edge/enrol', { body, headers: fromSomewhere() })
  return { ...answer, tls: answer.tls!, privateKey }
}

interface Show {
  readonly certificate?: string
  readonly privateKey?: string
  readonly username?: string
  readonly password?: string
  readonly clientId?: string
}

/** Resolves when connected; rejects when the broker or TLS refuses. */
async function connect({ tls }: Pick<Member, 'tls'>, show: Show): Promise<MqttClient> {
  const { certificate: cert, privateKey: key, ...login } = show
  const client = mqtt.connect(tls.mqttUrl, {
    ca: tls.ca,
    ...(cert && key ? { cert, key } : {}),
    ...login,
    reconnectPeriod: 0,
    connectTimeout: 5_000,
    protocolVersion: 4,
  })
  clients.push(client)
  await new Promise<void>((resolve, reject) => {
    client.once('connect', () => resolve())
    client.on('error', reject)
    client.once('close', () => reject(new Error('closed')))
  })
  return client
}
const withCertificate = (member: Member, more: Show = {}) =>
  connect(member, { certificate: member.tls.certificate, privateKey: member.privateKey, ...more })
const closing = (client: MqttClient) => new Promise<void>((resolve) => client.once('close', () => resolve()))

beforeAll(async () => {
  hub = await startTestHub({
    modules: [fleetModule, telemetryModule, gatewaysModule],
    environment: { HTTPS_PORT: '0', TLS_NAMES: 'hub.example', TRUST_PROXY: '1' },
  })
  engineer = await hub.as('engineer')
  projectId = await createProject(hub)
})
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.endAsync(true)))
})
afterAll(() => hub?.stop())

describe('a gateway with a certificate', () => {
  it('is known by it alone, and stays among its own topics', async () => {
    const [member, other] = [await enrol(), await enrol()]
    expect(member.tls.mqttUrl).toMatch(/^mqtts:\/\/localhost:\d+$/)
    const client = await withCertificate(member)
    await client.publishAsync(topics.presence(member.gatewayId), '{"v":1,"online":true}', { qos: 1 })
    const refused = await client.subscribeAsync(topics.ack(other.gatewayId)).catch((error: unknown) => error)
    expect(JSON.stringify(refused)).toMatch(/128|Unspecified/)
    const [granted] = await client.subscribeAsync(topics.ack(member.gatewayId), { qos: 1 })
    expect(granted!.qos).toBe(1)
    const closed = closing(client)
    client.publish(topics.presence(other.gatewayId), '{"v":1,"online":true}', { qos: 1 })
    await closed
  })

  it('notices nothing when the hub renews its certificates', async () => {
    const member = await enrol()
    const client = await withCertificate(member, { clientId: 'before' })
    await hub.hub.security.renew()
    expect(client.connected).toBe(true)
    await withCertificate(member, { clientId: 'after' })
  })

  it('carries messages of any size that is allowed', async () => {
    const member = await enrol()
    const client = await withCertificate(member)
    const large = { v: 1, revision: randomUUID(), devices: [], filler: 'x'.repeat(3_000_000) }
    await client.publishAsync(topics.catalogue(member.gatewayId), JSON.stringify(large), { qos: 1 })
    const closed = closing(client)
    client.publish(topics.catalogue(member.gatewayId), Buffer.alloc(5 * 1024 * 1024), { qos: 1 })
    await closed
  })

  it('cannot pass for another one by its user name', async () => {
    const [member, other] = [await enrol(), await enrol()]
    const { gatewayId: username, password } = other
    await expect(withCertificate(member, { username, password })).rejects.toThrow()
    await withCertificate(member, { username: member.gatewayId, password: 'not looked at' })
  })

  it('cannot end the session of another one by its client id', async () => {
    const [member, thief] = [await enrol(), await enrol()]
    const clientId = `courtyard-edge-${member.gatewayId}`
    const client = await withCertificate(member, { clientId })
    await expect(withCertificate(thief, { clientId })).rejects.toThrow()
    expect(client.connected).toBe(true)
    const closed = closing(client)
    await withCertificate(member, { clientId })
    await closed
  })

  it('gets in with its password too, over TLS, when its certificate has ended', async () => {
    const member = await enrol()
    const { gatewayId: username, password } = member
    await connect(member, { username, password })
    await expect(connect(member, { username, password: 'guess' })).rejects.toThrow()
    await expect(connect(member, {})).rejects.toThrow()
  })
})

describe('certificates that do not count', () => {
  const imposter = async (
    member: Member,
    days: number,
    issuedAt = new Date(),
    authority?: { certificate: string; privateKey: string },
  ) => {
    const request = await makeRequest()
    const issuer = authority ?? (await makeAuthority(new Date(), 10))
    const { certificate } = await signRequest(issuer, request.csr, member.gatewayId, issuedAt, days)
    return { certificate, privateKey: request.privateKey }
  }
  const ownAuthority = async () => {
    const { rows } = await hub.hub.db.pool.query<{ id: string; certificate: string; key: Buffer }>(
      `select id, certificate, key_sealed as key from certificate_authority`,
    )
    const { id, certificate, key } = rows[0]!
    return { certificate, privateKey: hub.hub.security.box.open(key, `ca-key:${id}`).toString() }
  }

  it('of another CA', async () => {
    const member = await enrol()
    const show = await imposter(member, 10)
    await expect(connect(member, show)).rejects.toThrow()
    // Nor does a password beside it help: who shows a false certificate is out
    await expect(
      connect(member, { ...show, username: member.gatewayId, password: member.password }),
    ).rejects.toThrow()
  })

  it('that have ended', async () => {
    const member = await enrol()
    const longAgo = new Date(Date.now() - 100 * 86_400_000)
    await expect(connect(member, await imposter(member, 90, longAgo, await ownAuthority()))).rejects.toThrow()
  })

  it('of our CA that nobody was given, and those of the hub itself', async () => {
    const member = await enrol()
    await expect(
      connect(member, await imposter(member, 10, new Date(), await ownAuthority())),
    ).rejects.toThrow()
    const listener = await hub.hub.security.listener()
    await expect(connect(member, listener)).rejects.toThrow()
    await expect(connect(member, await hub.hub.security.client())).rejects.toThrow()
  })

  it('that were revoked: the session ends at once, and neither certificate nor password opens another', async () => {
    const member = await enrol()
    const client = await withCertificate(member)
    const closed = closing(client)
    const params = { id: member.gatewayId }
    const health = await engineer.call('POST /api/gateways/:id/certificate/revoke', { params })
    expect(health.certificate?.revokedAt).not.toBeNull()
    await closed
    await expect(withCertificate(member)).rejects.toThrow()
    const { gatewayId: username, password } = member
    await expect(connect(member, { username, password })).rejects.toThrow()
    const [gateway] = (await engineer.call('GET /api/gateways')).filter(({ id }) => id === member.gatewayId)
    expect(gateway!.state).toBe('awaitingEnrolment')
    const { token } = await engineer.call('POST /api/gateways/:id/token', { params })
    const { csr, privateKey } = await makeRequest()
    const again = await hub.anonymous.call('POST /api/edge/enrol', {
      body: { token, agentVersion: '2', csr },
    })
    await withCertificate({ ...again, tls: again.tls!, privateKey })
  })
})

describe('enrolment', () => {
  it('with a request that is refused leaves the token as it was; with a good one it works once', async () => {
    const token = await newToken()
    const enrolWith = (csr: string) =>
      hub.anonymous.call('POST /api/edge/enrol', { body: { token, agentVersion: '1', csr } })
    const weak = await makeRequest('RSA-1024')
    await expect(enrolWith(weak.csr)).rejects.toMatchObject({
      code: 'security.csr_refused',
      details: { status: 400 },
    })
    const { csr } = await makeRequest()
    const tries = await Promise.allSettled([enrolWith(csr), enrolWith(csr), enrolWith(csr)])
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    await expect(enrolWith(csr)).rejects.toMatchObject({ code: 'gateway.token_refused' })
  })

  it('without a request gives a password only', async () => {
    const body = { token: await newToken(), agentVersion: '1' }
    expect(
      (await hub.anonymous.call('POST /api/edge/enrol', { body, headers: fromSomewhere() })).tls,
    ).toBeUndefined()
  })
})

describe('renewal over the session', () => {
  it('gives the next certificate while the present one goes on, and not without end', async () => {
    const member = await enrol()
    const client = await withCertificate(member)
    const answers: CertificateMessage[] = []
    client.on('message', (_topic, payload) =>
      answers.push(CertificateMessage.parse(JSON.parse(payload.toString()))),
    )
    await client.subscribeAsync(topics.certificateDown(member.gatewayId), { qos: 1 })
    const { csr, privateKey } = await makeRequest()
    const ask = (given: string) =>
      client.publishAsync(topics.certificateRequest(member.gatewayId), JSON.stringify({ v: 1, csr: given }), {
        qos: 1,
      })
    await ask(csr)
    await expect.poll(() => answers.length).toBe(1)
    expect(answers[0]).toMatchObject({ error: null, ca: hub.hub.security.authority.bundle })
    await connect(member, { certificate: answers[0]!.certificate!, privateKey, clientId: 'next' })
    expect(client.connected).toBe(true)
    await ask((await makeRequest('P-384')).csr)
    await expect.poll(() => answers.length).toBe(2)
    expect(answers[1]!.certificate).toBeNull()
    expect(answers[1]!.error).toContain('P-256')
    for (let n = 0; n < 5; n++) await ask(csr)
    await expect.poll(() => answers.length).toBe(7)
    expect(answers.at(-1)).toMatchObject({ certificate: null, error: 'too many certificates in a day' })
  })
})

it('https shows the CA in its chain, and cookies are marked for it', async () => {
  const { pem, sha256 } = await engineer.call('GET /api/fleet/ca')
  const answer = await new Promise<{ status: number; issuer: string }>((resolve, reject) => {
    const options = {
      port: hub.httpsPort!,
      host: '127.0.0.1',
      servername: 'hub.example',
      ca: pem,
      path: '/api/health/live',
    }
    const outgoing = httpsRequest(options, (response) => {
      const chain = (response.socket as TLSSocket).getPeerCertificate(true)
      response.resume()
      resolve({ status: response.statusCode!, issuer: chain.issuerCertificate.fingerprint256 })
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
  expect(answer).toEqual({ status: 200, issuer: sha256 })
  const untrusted = fetch(`https://127.0.0.1:${hub.httpsPort}/api/health/live`)
  await expect(untrusted).rejects.toThrow()
})
