import { afterAll, beforeAll, expect, test } from 'vitest'
import { apiRoutes } from '@courtyard/protocols/contract'
import { startTestHub, type TestHub } from '../testing.ts'

interface Operation {
  summary?: string
  security?: object[]
  requestBody?: { content: object }
  parameters?: { in: string; name: string }[]
  responses: Record<string, { content?: object }>
}

let hub: TestHub
let api: { paths: Record<string, Record<string, Operation>> }

beforeAll(async () => {
  hub = await startTestHub()
  api = (await hub.app.inject('/api/openapi.json')).json()
})
afterAll(() => hub.stop())

test('every route of the contract is described: parameters, body, answer, session', () => {
  for (const [key, contract] of Object.entries(apiRoutes)) {
    const [method, url] = key.split(' ') as [string, string]
    const operation = api.paths[url.replace(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()]
    expect(operation?.responses['200']?.content, key).toBeDefined()
    expect(operation!.summary, key).toBeTruthy()
    expect(operation!.security, key).toBeDefined()
    const names = operation!.parameters?.filter((one) => one.in === 'path').map(({ name }) => name) ?? []
    expect(names, key).toEqual([...url.matchAll(/:(\w+)/g)].map(([, name]) => name))
    if ('csv' in contract) expect(operation!.requestBody?.content, key).toHaveProperty('text/csv')
    if ('body' in contract) expect(operation!.requestBody?.content, key).toHaveProperty('application/json')
  }
})

test('every reference leads somewhere', () => {
  const references = [...JSON.stringify(api).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path!)
  for (const path of references) {
    const found = path.split('/').reduce<unknown>((at, step) => (at as Record<string, unknown>)?.[step], api)
    expect(found, path).toBeDefined()
  }
})
