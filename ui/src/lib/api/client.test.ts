import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { getLocale, overwriteGetLocale } from '#lib/paraglide/runtime.js'
import { ApiError } from './api-error.ts'
import { addressOf, call, connection, fetchFile } from './client.ts'

let server: Server
let seen: { request: IncomingMessage; body: string } | undefined
let answer: { status: number; body: unknown }

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      seen = { request, body }
      response.writeHead(answer.status, { 'content-type': 'application/json' })
      response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  connection.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => server.close())
beforeEach(() => {
  answer = { status: 200, body: { ok: true } }
  connection.csrfToken = 'token-1'
  connection.onSignedOut = () => undefined
})

const id = '0195f1a2-0000-7000-8000-000000000001'

describe('addressOf', () => {
  it('fills in parameters and leaves out what is not set', () => {
    expect(addressOf('GET /api/bills/:id', { id: 'a/b' }, {})).toBe('/api/bills/a%2Fb')
    expect(addressOf('GET /api/bills', undefined, { q: '', page: 2, month: undefined, x: null })).toBe(
      '/api/bills?page=2',
    )
  })
})

describe('call', () => {
  it('sends writes with the token and JSON, reads without', async () => {
    await call('POST /api/auth/password', { body: { current: 'a', next: 'b' } })
    expect(seen?.request.headers['x-csrf-token']).toBe('token-1')
    expect(JSON.parse(seen?.body ?? '')).toEqual({ current: 'a', next: 'b' })
    await call('GET /api/auth/session')
    expect(seen?.request.headers['x-csrf-token']).toBeUndefined()
  })

  it('asks for the language of the person, also after a change', async () => {
    const before = getLocale
    for (const locale of ['zh-CN', 'en'] as const) {
      overwriteGetLocale(() => locale)
      await call('GET /api/auth/session')
      expect(seen?.request.headers['accept-language']).toBe(locale)
    }
    overwriteGetLocale(before)
  })

  it('sends a sheet as text/csv', async () => {
    await call('POST /api/projects/:id/rooms/import', {
      params: { id },
      query: { dryRun: 'true' },
      csv: 'a,b',
    })
    expect(seen?.request.url).toBe(`/api/projects/${id}/rooms/import?dryRun=true`)
    expect(seen?.request.headers['content-type']).toBe('text/csv')
    expect(seen?.body).toBe('a,b')
  })

  it('keeps code and field issues of an error', async () => {
    const issues = [{ path: 'body.code', reason: 'taken' }]
    answer = {
      status: 400,
      body: { error: { code: 'input.invalid', message: 'no', issues, requestId: 'r1' } },
    }
    const error = await call('GET /api/projects').catch((caught: unknown) => caught as ApiError)
    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({ status: 400, code: 'input.invalid', requestId: 'r1' })
    expect((error as ApiError).issueAt('code')).toBe('taken')
  })

  it('makes an error of an answer that is not JSON', async () => {
    answer = { status: 502, body: '<html>' }
    await expect(call('GET /api/projects')).rejects.toMatchObject({ code: 'http.502', status: 502 })
  })

  it('tells when the session has ended, but not when signing in fails', async () => {
    let told = 0
    connection.onSignedOut = () => (told += 1)
    answer = { status: 401, body: { error: { code: 'auth.no_session', message: '', requestId: 'r' } } }
    await expect(call('GET /api/projects')).rejects.toMatchObject({ status: 401 })
    const body = { username: 'a', password: 'b' }
    await expect(call('POST /api/auth/sign-in', { body })).rejects.toMatchObject({ status: 401 })
    expect(told).toBe(1)
  })

  it('takes readiness that answers 503 as an answer', async () => {
    answer = { status: 503, body: { status: 'degraded', version: '1', roles: [], checks: {} } }
    expect((await call('GET /api/health')).status).toBe('degraded')
  })

  it('says so when nobody answers', async () => {
    const origin = connection.origin
    connection.origin = 'http://127.0.0.1:9'
    await expect(call('GET /api/projects')).rejects.toMatchObject({ code: 'network', status: 0 })
    connection.origin = origin
  })
})

describe('fetchFile', () => {
  it('brings the bytes, in the language of the person', async () => {
    answer = { status: 200, body: 'a,b\r\n' }
    expect(await (await fetchFile('/api/rooms/export?format=csv')).text()).toBe('a,b\r\n')
    expect(seen?.request.url).toBe('/api/rooms/export?format=csv')
    expect(seen?.request.headers['accept-language']).toBe(getLocale())
  })

  it('says why there is none', async () => {
    const reason = 'The disk of the hub is full: there is no file'
    answer = { status: 503, body: { error: { code: 'export.failed', message: 'x', details: { reason } } } }
    await expect(fetchFile('/api/rooms/export')).rejects.toMatchObject({
      code: 'export.failed',
      details: { reason },
    })
  })

  it('is given up on request', async () => {
    const gone = new AbortController()
    gone.abort()
    await expect(fetchFile('/api/rooms/export', gone.signal)).rejects.toThrow('abort')
  })
})
