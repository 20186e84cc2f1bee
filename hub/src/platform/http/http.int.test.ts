import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify from 'fastify'
import helmet from '@fastify/helmet'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { apiRoutes } from '@courtyard/protocols/contract'
import { startTestHub, type TestHub } from '../testing.ts'
import { answerError } from './error-handler.ts'
import { addUi } from './ui-files.ts'

let hub: TestHub
beforeAll(async () => {
  hub = await startTestHub()
})
afterAll(() => hub.stop())

test('health: alive always, ready with the state of each part', async () => {
  expect(await hub.anonymous.call('GET /api/health/live')).toEqual({ ok: true })
  const { checks, ...health } = await hub.anonymous.call('GET /api/health')
  expect(health).toEqual({ status: 'ok', version: '0.1.0', roles: ['api', 'ingest', 'worker'] })
  expect(Object.entries(checks).map(([name, check]) => [name, check.ok])).toEqual([
    ['database', true],
    ['broker', true],
    ['jobs', true],
  ])
})

test('OpenAPI describes every route of the contract with its errors in one shape', async () => {
  const api = (await hub.app.inject('/api/openapi.json')).json()
  expect(api.openapi).toBe('3.1.0')
  const described = Object.entries(api.paths as Record<string, object>).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
  )
  const made = hub.app.madeRoutes.map(({ routeKey }) => routeKey)
  expect(described.sort()).toEqual([...Object.keys(apiRoutes), ...made].sort())
  const signIn = api.paths['/api/auth/sign-in'].post
  expect(signIn.requestBody.content['application/json'].schema.required).toEqual(['username', 'password'])
  expect(signIn.responses['200'].content['application/json'].schema.properties).toHaveProperty('csrfToken')
  expect(
    signIn.responses['4XX'].content['application/json'].schema.properties.error.properties,
  ).toHaveProperty('code')
})

test('wrong input is named field by field, unknown places are 404, in the same shape', async () => {
  const client = await hub.as('administrator')
  const wrong = await client.raw('POST /api/projects', { body: { code: 'no spaces!', name: '' } })
  expect(wrong).toMatchObject({ status: 400, body: { error: { code: 'input.invalid' } } })
  const { issues, requestId } = (wrong.body as { error: { issues: { path: string }[]; requestId: string } })
    .error
  expect(issues.map((issue) => issue.path).sort()).toEqual(['code', 'name'])
  expect(requestId).toMatch(/^[\w-]{36}$/)
  const query = await client.raw('GET /api/users', { query: { pageSize: 10_000 } })
  expect(query.body).toMatchObject({ error: { issues: [{ path: 'query.pageSize' }] } })
  const params = await client.raw('PATCH /api/users/:id', { params: { id: 'x' }, body: { version: 1 } })
  expect(params.body).toMatchObject({ error: { issues: [{ path: 'params.id' }] } })
  expect((await hub.app.inject('/api/nowhere')).json()).toMatchObject({ error: { code: 'not_found' } })
})

test('broken JSON, foreign types and bodies that are too large are refused', async () => {
  const { headers } = await hub.as('administrator')
  const post = (payload: string, type: string) =>
    hub.app.inject({
      method: 'POST',
      url: '/api/projects',
      payload,
      headers: { ...headers, 'content-type': type },
    })
  expect((await post('{"code":', 'application/json')).json()).toMatchObject({
    error: { code: 'input.invalid' },
  })
  expect((await post('<x/>', 'application/xml')).json()).toMatchObject({
    error: { code: 'input.unsupported_media' },
  })
  const large = await post(JSON.stringify({ code: 'x'.repeat(1024 * 1024) }), 'application/json')
  expect([large.statusCode, large.json().error.code]).toEqual([413, 'input.too_large'])
})

test('answers carry the headers that keep a browser safe', async () => {
  const { headers } = await hub.app.inject('/api/health/live')
  expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
  expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY' })
  expect(headers).not.toHaveProperty('strict-transport-security')
})

test('metrics: how often and how fast each route answers', async () => {
  await hub.anonymous.call('GET /api/health/live')
  const text = (await hub.app.inject('/metrics')).body
  expect(text).toMatch(
    /courtyard_http_request_seconds_count\{method="GET",route="\/api\/health\/live",status="200"\} \d+/,
  )
  expect(text).toContain('courtyard_database_connections{state="open"}')
})

test('the console: hashed files for ever, every other address is its one page, its scripts by hash only', async () => {
  const folder = `${mkdtempSync(join(tmpdir(), 'courtyard-ui-'))}/`
  const app = Fastify()
  app.decorate('hub', hub.hub)
  app.setErrorHandler(answerError)
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'self'"], scriptSrc: ["'self'"] },
    },
  })
  await addUi(app, folder)
  const missing = await app.inject('/bills')
  expect([missing.statusCode, missing.body]).toEqual([503, expect.stringContaining('npm run build -w ui')])
  mkdirSync(`${folder}_app/immutable`, { recursive: true })
  writeFileSync(`${folder}_app/immutable/x.abc.js`, 'export {}')
  writeFileSync(`${folder}200.html`, '<script src="/a.js"></script><script>start()</script>')
  const page = await app.inject('/bills/42?tab=lines')
  expect([page.statusCode, page.headers['cache-control']]).toEqual([200, 'no-cache'])
  // printf 'start()' | openssl dgst -sha256 -binary | base64
  expect(page.headers['content-security-policy']).toContain(
    "'sha256-DIm7WJS6ZKDYe5qFLPy+h4JFI9Bol5QmYC57mt3Fb00='",
  )
  const file = await app.inject('/_app/immutable/x.abc.js')
  expect(file.headers['cache-control']).toBe('public, max-age=31536000, immutable')
  expect((await app.inject('/_app/immutable/gone.js')).statusCode).toBe(404)
  expect((await app.inject('/portal.webmanifest')).statusCode).toBe(404)
  writeFileSync(`${folder}portal.webmanifest`, '{"name":"Owners · Courtyard"}')
  const manifest = () => app.inject('/portal.webmanifest')
  expect((await manifest()).json()).toEqual({ name: 'Owners · Courtyard' })
  const companyName = '翠湖 "物业" $&'
  const administrator = await hub.as('administrator')
  const body = { version: 0, values: { companyName } }
  await administrator.call('PUT /api/settings/:key', { params: { key: 'branding' }, body })
  expect((await manifest()).json()).toEqual({ name: `Owners · ${companyName}` })
  expect((await manifest()).headers['content-type']).toContain('application/manifest+json')
  expect((await app.inject('/../../package.json')).body).not.toContain('"name"')
  expect((await app.inject({ method: 'POST', url: '/bills' })).statusCode).toBe(404)
  await app.close()
  rmSync(folder, { recursive: true, force: true })
})
