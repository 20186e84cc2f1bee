import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { allowedAddresses, kindOfAddress } from './address-guard.ts'
import { post } from './post.ts'
import { WebhookFault } from './reasons.ts'

test.each([
  [
    'public',
    '8.8.8.8',
    '1.1.1.1',
    '223.5.5.5',
    '172.32.0.1',
    '100.128.0.1',
    '2400:3200::1',
    '2606:4700:4700::1111',
  ],
  [
    'private',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '100.64.0.1',
    'fd12:3456::1',
    '::ffff:10.0.0.1',
  ],
  ['loopback', '127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1'],
  [
    'forbidden',
    ...[
      '0.0.0.0',
      '169.254.169.254',
      '169.254.1.1',
      '224.0.0.1',
      '255.255.255.255',
      '192.0.2.1',
      '198.18.0.1',
    ],
    ...[
      '100.100.100.200',
      '168.63.129.16',
      '::',
      'fe80::1',
      'fe80::1%eth0',
      'ff02::1',
      'fd00:ec2::254',
      '2002:7f00:1::',
    ],
    ...['64:ff9b::7f00:1', '2001::1', '2001:db8::1', '::127.0.0.1', '::ffff:169.254.169.254', 'fec0::1'],
  ],
] as const)('%s: %s', (kind, ...addresses) => {
  expect(addresses.map((address) => [address, kindOfAddress(address)])).toEqual(
    addresses.map((address) => [address, kind]),
  )
})

const closed = { privateNetworks: false, loopback: false }
const reasonOf = async (url: string, policy = closed) => {
  try {
    return (await allowedAddresses(new URL(url), policy)).map(({ address }) => address)
  } catch (error) {
    return error instanceof WebhookFault ? error.reason.code : error
  }
}

test.each([
  ['https://127.0.0.1/', 'webhook.address_forbidden'],
  ['http://2130706433/', 'webhook.address_forbidden'],
  ['http://0x7f.1/', 'webhook.address_forbidden'],
  ['http://[::1]/', 'webhook.address_forbidden'],
  ['https://localhost/', 'webhook.address_forbidden'],
  ['http://169.254.169.254/latest/meta-data/', 'webhook.address_forbidden'],
  ['https://10.0.0.7/', 'webhook.address_private'],
  ['http://8.8.8.8/', 'webhook.needs_https'],
  ['https://no-such-host.invalid/', 'webhook.no_such_host'],
  ['https://8.8.8.8/', ['8.8.8.8']],
])('%s', async (url, outcome) => {
  expect(await reasonOf(url)).toEqual(outcome)
})

test('private networks when they are allowed, this machine only for trials, the inside of clouds never', async () => {
  const inside = { privateNetworks: true, loopback: false }
  expect(await reasonOf('http://10.0.0.7/', inside)).toEqual(['10.0.0.7'])
  expect(await reasonOf('http://127.0.0.1/', inside)).toBe('webhook.address_forbidden')
  const trial = { privateNetworks: true, loopback: true }
  expect(await reasonOf('http://127.0.0.1/', trial)).toEqual(['127.0.0.1'])
  expect(await reasonOf('http://169.254.169.254/', trial)).toBe('webhook.address_forbidden')
  expect(await reasonOf('http://100.100.100.200/', trial)).toBe('webhook.address_forbidden')
})

let server: Server
let port: number
let asked: string[] = []

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(`${request.headers.host ?? ''}${request.url ?? ''}`)
    if (request.url === '/never') return
    if (request.url === '/drip') return void response.writeHead(200).write('x')
    if (request.url === '/away') return void response.writeHead(302, { location: '/other' }).end('gone there')
    response.writeHead(200).end('y'.repeat(100_000))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const here = [{ address: '127.0.0.1', family: 4 }]
const send = (path: string, timeoutMs = 5_000) =>
  post(new URL(`http://rebound.invalid:${port}${path}`), { headers: {}, body: '{}' }, here, timeoutMs)

test('the connection goes to the address that was looked at, whatever the name says', async () => {
  asked = []
  const answer = await send('/ok')
  expect([answer.status, answer.body.length]).toEqual([200, 500])
  expect(asked).toEqual([`rebound.invalid:${port}/ok`])
})

test('a redirect is not followed; who is slow, at once or in the middle, is given up', async () => {
  asked = []
  await expect(send('/away')).rejects.toMatchObject({
    ...{ reason: { code: 'webhook.redirect', status: 302 }, body: 'gone there' },
  })
  for (const path of ['/never', '/drip']) {
    await expect(send(path, 150)).rejects.toMatchObject({ reason: { code: 'webhook.too_slow' } })
  }
  expect(asked.filter((path) => path.endsWith('/other'))).toEqual([])
})
