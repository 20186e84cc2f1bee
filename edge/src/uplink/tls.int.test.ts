/** The agent's certificate, from the first contact over renewal to a new CA, against a hub on real TLS sockets. */
import { createHash, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { CertificateRequest } from '@courtyard/protocols/contract'
import { AgentProcess, runCommand, writeSite } from '../testing/agent-process.ts'
import { gatewayId, HubPeer } from '../testing/hub-peer.ts'
import { TestAuthority } from '../testing/test-authority.ts'
import { silentLogger } from '../log.ts'
import type { Credentials } from './credentials.ts'
import { GatewayIdentity } from './gateway-identity.ts'
import { HubSession } from './hub-session.ts'
import { faultButForTime } from './timeless-trust.ts'

vi.setConfig({ testTimeout: 60_000 })
const DAY_MS = 86_400_000

let folder: string
let hub: HubPeer
let agent: AgentProcess | null = null
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'courtyard-tls-'))
  hub = await HubPeer.start({ tls: true })
})
afterEach(async () => {
  await agent?.end('SIGKILL')
  agent = null
  await hub.stop()
  rmSync(folder, { recursive: true })
})

const until = (condition: () => unknown, timeout = 20_000) =>
  expect.poll(condition, { timeout, interval: 25 }).toBeTruthy()
const fingerprint = (pem: string) => createHash('sha256').update(new X509Certificate(pem).raw).digest('hex')
const pin = () => fingerprint(hub.tls!.authority.pem)
const url = () => `https://127.0.0.1:${hub.httpPort}`
const link = () => `courtyard://enrol?hub=${encodeURIComponent(url())}&token=${hub.token}&ca=${pin()}`
const credentials = () =>
  JSON.parse(readFileSync(join(folder, 'edge', 'credentials.json'), 'utf8')) as Credentials

function site(more: object = {}): string {
  return writeSite({
    folder,
    meters: [],
    hubUrl: url(),
    hub: { caSha256: pin(), enrolmentToken: hub.token, ...more },
  })
}
async function start(config: string, args: readonly string[] = []): Promise<AgentProcess> {
  agent = await AgentProcess.start(config, args)
  return agent
}
/** Answers the gateway's next request for a certificate. */
async function answerRenewal(authority: TestAuthority, ca: string): Promise<void> {
  await until(() => hub.received('certificate').length > 0)
  const { csr } = CertificateRequest.parse(hub.received('certificate').at(-1))
  await hub.sendDown('certificateDown', {
    certificate: await authority.client(csr, gatewayId),
    ca,
    error: null,
  })
}

test('enrols over pinned https, keeps its key to itself, and is known by its certificate alone', async () => {
  const running = await start(site())
  await until(() => hub.presence?.online)
  const { tls, password } = credentials()
  expect(statSync(join(folder, 'edge', 'credentials.json')).mode & 0o777).toBe(0o600)
  expect(new X509Certificate(tls!.certificate).subject).toBe(`CN=${gatewayId}`)
  expect(new X509Certificate(tls!.certificate).publicKey.asymmetricKeyDetails).toMatchObject({
    namedCurve: 'prime256v1',
  })
  expect(hub.passwordsSeen).toBe(0)
  expect((await running.state()).uplink.certificateExpiresAtMs).toBe(
    Date.parse(new X509Certificate(tls!.certificate).validTo),
  )
  const keyLine = tls!.key.split('\n')[1]!
  for (const secret of [hub.token, password, keyLine]) expect(running.log.join('\n')).not.toContain(secret)
  expect(
    [...hub.up.values()]
      .flat()
      .map((message) => JSON.stringify(message))
      .join(),
  ).not.toContain(keyLine)
})

test('the pasted link alone is enough, and its token is not in the log', async () => {
  const config = writeSite({ folder, meters: [], hubUrl: 'http://127.0.0.1:1' })
  const running = await start(config, ['--enrol', link()])
  await until(() => hub.presence?.online)
  expect(running.log.join('\n')).not.toContain(hub.token)
})

test('enrol as a command: from standard input, once; then the agent runs without a token', async () => {
  const config = writeSite({ folder, meters: [], hubUrl: 'http://127.0.0.1:1' })
  const wrong = runCommand(['enrol', '--config', config, 'courtyard://enrol?hub=x'])
  expect(wrong).toMatchObject({ code: 2, err: expect.stringMatching(/hub is not an http/) as string })
  const { execFile } = await import('node:child_process')
  const program = new URL('../../bin/courtyard-edge.js', import.meta.url).pathname
  const enrol = () =>
    new Promise<{ code: number; out: string; err: string }>((resolve) => {
      const child = execFile(
        process.execPath,
        [program, 'enrol', '--config', config, '-'],
        (error, out, err) => resolve({ code: error ? Number(error.code) : 0, out, err }),
      )
      child.stdin!.end(`${link()}\n`)
    })
  expect(await enrol()).toMatchObject({
    code: 0,
    out: expect.stringMatching(/with a certificate of its own/) as string,
  })
  expect(await enrol()).toMatchObject({ code: 1, err: expect.stringMatching(/each works once/) as string })
  await start(config)
  await until(() => hub.presence?.online)
  expect(hub.enrolments).toBe(1)
})

test('a CA that is not the pinned one never sees the token', async () => {
  const stranger = await TestAuthority.create()
  const running = await start(site({ caSha256: fingerprint(stranger.pem) }))
  await until(() => running.log.some((line) => /does not show the CA of hub\.caSha256/.test(line)))
  expect(hub.tokenIsGood).toBe(true)
  expect(hub.enrolments).toBe(0)
})

test('https without pin or CA file is refused in words that help; the CA file will do', async () => {
  const running = await start(site({ caSha256: undefined }))
  await until(() => running.log.some((line) => /not trusted.*set hub\.caSha256/.test(line)))
  expect(hub.enrolments).toBe(0)
  const { writeFileSync } = await import('node:fs')
  writeFileSync(join(folder, 'ca.pem'), hub.tls!.authority.pem)
  site({ caSha256: undefined, caFile: 'ca.pem' })
  running.signal('SIGHUP')
  await until(() => hub.presence?.online)
})

test('a certificate that ends soon is renewed with a new key, and the new one is used', async () => {
  hub.validity = { fromMs: Date.now() - 10 * DAY_MS, toMs: Date.now() + DAY_MS }
  const running = await start(site())
  await until(() => hub.presence?.online)
  const before = credentials().tls!
  await answerRenewal(hub.tls!.authority, hub.tls!.authority.pem)
  await until(() => credentials().tls?.certificate !== before.certificate)
  const after = credentials()
  expect(after.next).toBeUndefined()
  expect(after.tls!.key).not.toBe(before.key)
  await until(
    async () => ((await running.state()).uplink.certificateExpiresAtMs ?? 0) > Date.now() + 20 * DAY_MS,
  )
})

test('a renewed certificate that the hub does not take is given up; the old one goes on', async () => {
  hub.validity = { fromMs: Date.now() - 10 * DAY_MS, toMs: Date.now() + DAY_MS }
  const running = await start(site())
  await until(() => hub.presence?.online)
  const before = credentials().tls!
  // Of a CA that comes along in the bundle, and that the listener does not know.
  const stranger = await TestAuthority.create()
  await answerRenewal(stranger, hub.tls!.authority.pem + stranger.pem)
  await until(() => running.log.some((line) => /connecting anew/.test(line)))
  await until(async () => (await running.state()).uplink.connected)
  expect(credentials().tls).toEqual(before)
})

test.each([
  [
    'for another key',
    async (own: TestAuthority) => {
      const { makeKeyAndRequest } = await import('./certificate.ts')
      return { certificate: await own.client((await makeKeyAndRequest()).csr, gatewayId), ca: own.pem }
    },
  ],
  [
    'by a CA out of nowhere',
    async () => {
      const stranger = await TestAuthority.create()
      const { makeKeyAndRequest } = await import('./certificate.ts')
      return {
        certificate: await stranger.client((await makeKeyAndRequest()).csr, gatewayId),
        ca: stranger.pem,
      }
    },
  ],
  ['that is rubbish', (own: TestAuthority) => Promise.resolve({ certificate: 'rubbish', ca: own.pem })],
] as const)('a certificate %s is not taken', async (_name, make) => {
  hub.validity = { fromMs: Date.now() - 10 * DAY_MS, toMs: Date.now() + DAY_MS }
  const running = await start(site())
  await until(() => hub.received('certificate').length > 0)
  const before = readFileSync(join(folder, 'edge', 'credentials.json'), 'utf8')
  await hub.sendDown('certificateDown', { ...(await make(hub.tls!.authority)), error: null })
  await until(() =>
    running.log.some((line) => /what the hub sent in place of a certificate is not used/.test(line)),
  )
  expect(readFileSync(join(folder, 'edge', 'credentials.json'), 'utf8')).toBe(before)
})

test('the CA is replaced: with both in the bundle the gateway follows; without, it stays away', async () => {
  const running = await start(site())
  await until(() => hub.presence?.online)
  const old = hub.tls!.authority
  const next = await TestAuthority.create('Next hub CA')
  await hub.sendDown('certificateDown', { certificate: null, ca: old.pem + next.pem, error: null })
  await until(() => credentials().tls!.ca.includes(next.pem.trim()))
  await hub.cut()
  await hub.useAuthority(next, old.pem + next.pem)
  await hub.restore()
  await until(async () => (await running.state()).uplink.connected)
  const stranger = await TestAuthority.create('Stranger')
  await hub.cut()
  await hub.useAuthority(stranger, old.pem + next.pem + stranger.pem)
  await hub.restore()
  await until(async () => /not trusted/.test((await running.state()).uplink.problem ?? ''))
})

test('a gateway that plays the hub with its own certificate is not believed', async () => {
  const running = await start(site())
  await until(() => hub.presence?.online)
  await hub.cut()
  const { makeKeyAndRequest } = await import('./certificate.ts')
  const { key, csr } = await makeKeyAndRequest()
  hub.tls!.server = { key, cert: await hub.tls!.authority.client(csr, 'another-gateway') }
  await hub.restore()
  await until(async () =>
    /ALTNAME|not trusted|unsuitable|purpose/i.test((await running.state()).uplink.problem ?? ''),
  )
})

describe('a clock that cannot be right', () => {
  const facts = async () => {
    const own = hub.tls!.authority
    const server = await own.server({ fromMs: Date.now() + DAY_MS })
    return { own, raw: new X509Certificate(server.cert).raw }
  }

  test('a certificate of the future is taken when all but its dates is right', async () => {
    const { own, raw } = await facts()
    expect(faultButForTime(raw, '127.0.0.1', [own.pem])).toBeNull()
    expect(faultButForTime(raw, 'localhost', [own.pem])).toBeNull()
  })

  test('another CA, another name, a certificate of a gateway and none at all are not', async () => {
    const { own, raw } = await facts()
    const stranger = await TestAuthority.create()
    expect(faultButForTime(raw, '127.0.0.1', [stranger.pem])).toMatch(/not by the hub's CA/)
    expect(faultButForTime(raw, '127.0.0.2', [own.pem])).toMatch(/not for 127\.0\.0\.2/)
    const { makeKeyAndRequest } = await import('./certificate.ts')
    const gateway = new X509Certificate(await own.client((await makeKeyAndRequest()).csr, '127.0.0.1'))
    expect(faultButForTime(gateway.raw, '127.0.0.1', [own.pem])).toMatch(/not for a server/)
    expect(faultButForTime(new X509Certificate(own.pem).raw, '127.0.0.1', [own.pem])).not.toBeNull()
    expect(faultButForTime(undefined, '127.0.0.1', [own.pem])).toMatch(/none/)
  })

  test.each([
    [true, false],
    [false, true],
  ])(
    'with a trusted clock (%s) a session over a certificate of the future begins: %s',
    async (trusted, begins) => {
      const running = await start(site())
      await until(() => hub.presence?.online)
      await running.end('SIGTERM')
      await hub.cut()
      const { authority, bundle } = hub.tls!
      await hub.useAuthority(authority, bundle, {
        fromMs: Date.now() + DAY_MS,
        toMs: Date.now() + 2 * DAY_MS,
      })
      await hub.restore()
      const identity = new GatewayIdentity(join(folder, 'edge'), silentLogger(), new AbortController().signal)
      await identity.obtain({})
      const ended = new Promise<string>((resolve) => {
        const session = new HubSession({
          connection: identity.connection({}),
          ignoreDates: !trusted,
          logger: silentLogger(),
          handlers: {},
          onReady: () => {
            void session.close()
            resolve('ready')
          },
          onEnd: (reason) => resolve(reason),
        })
      })
      expect(await ended).toMatch(begins ? /^ready$/ : /by this clock the hub's certificate is not valid/)
    },
  )
})
