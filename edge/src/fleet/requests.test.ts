/** The bounds of requests: how many, how long, how often. */
import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import type { ResponseMessage } from '@courtyard/protocols/contract'
import { loadProfiles } from '@courtyard/protocols/profile'
import { parseSiteConfig } from '../config/index.ts'
import { LogRing } from '../log-ring.ts'
import { silentLogger } from '../log.ts'
import { ConfigSource } from './config-source.ts'
import { Requests, type RequestsOptions } from './requests.ts'

const site = parseSiteConfig(
  `
gateway: { name: x, dataDir: /nowhere }
buses: [{ key: b1, driver: modbus, transport: { type: tcp, host: 127.0.0.1, port: 1 } }]
devices: [{ key: m1, name: m, bus: b1, profile: eastron-sdm630, address: { unitId: 1 } }]
`,
  '/x.yaml',
  loadProfiles(),
)

/** The bus's queue, as long as a test wants. */
function setUp(limitsMs: NonNullable<RequestsOptions['limitsMs']> = {}) {
  const responses: ResponseMessage[] = []
  const waiting: ((error: Error) => void)[] = []
  let aborted = 0
  const requests = new Requests({
    source: new ConfigSource('/x.yaml', () => 0),
    ring: new LogRing(),
    logger: silentLogger(),
    running: () => site,
    polling: () => ({
      exclusive: () => new Promise((_, reject) => waiting.push(reject)),
      lend: async (_key, work) => {
        const never = new AbortController().signal
        await work(site.buses[0]!, { bus: site.buses[0]!.config } as never, never).catch(() => (aborted += 1))
        return undefined as never
      },
    }),
    offer: () => Promise.resolve(),
    publish: (response) => responses.push(response),
    limitsMs,
  })
  const ask = (request: Parameters<Requests['handle']>[0]['request'], id = randomUUID()) => {
    requests.handle({ v: 1, id, request })
    return id
  }
  return { responses, waiting, ask, requests, aborted: () => aborted }
}

test('four at once; the fifth is told to come again, a repeated one is the same one', async () => {
  const { responses, waiting, ask } = setUp()
  const ids = Array.from({ length: 4 }, () => ask({ kind: 'probe', device: 'm1' }))
  ask({ kind: 'probe', device: 'm1' }, ids[0])
  const fifth = ask({ kind: 'probe', device: 'm1' })
  expect(responses).toMatchObject([{ id: fifth, error: { code: 'edge.request_busy' }, result: null }])
  for (const reject of waiting) reject(new Error('the bus was stopped'))
  await expect.poll(() => responses.length).toBe(5)
  expect(responses[1]).toMatchObject({
    id: ids[0],
    error: { code: 'edge.request_failed', message: 'the bus was stopped' },
  })
  ask({ kind: 'log', lines: 1, level: 'info' })
  await expect.poll(() => responses.at(-1)!.result).toEqual({ lines: [] })
})

test('what takes too long is answered with that, once', async () => {
  const { responses, waiting, ask } = setUp({ probe: 60 })
  const id = ask({ kind: 'probe', device: 'm1' })
  await expect.poll(() => responses).toMatchObject([{ id, error: { code: 'edge.request_too_long' } }])
  waiting[0]!(new Error('late'))
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(responses).toHaveLength(1)
})
