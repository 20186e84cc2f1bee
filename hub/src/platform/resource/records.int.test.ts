/** Records over HTTP, with lost items as the example: what a clerk, a colleague and somebody from elsewhere meet. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ResourceList, ResourceRow } from '@courtyard/protocols/contract'
import { accountsModule } from '../../modules/accounts/index.ts'
import { estateModule } from '../../modules/estate/index.ts'
import { lostAndFoundModule } from '../../modules/lost-and-found/index.ts'
import { organisationModule } from '../../modules/organisation/index.ts'
import { recordsModule } from '../../modules/records/index.ts'
import { startTestHub, type TestClient, type TestHub } from '../testing.ts'

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
let hub: TestHub
let administrator: TestClient
let projectId: string

beforeAll(async () => {
  const modules = [accountsModule, organisationModule, estateModule, recordsModule, lostAndFoundModule]
  hub = await startTestHub({ modules })
  administrator = await hub.as('administrator')
  projectId = await newProject()
})
afterAll(() => hub.stop())

let projects = 0
async function newProject(): Promise<string> {
  const body = { code: `p${++projects}`, name: '云庭' }
  return (await administrator.call('POST /api/projects', { body })).id
}

async function send<T = ResourceRow>(who: TestClient, method: Method, url: string, payload?: object) {
  const headers = { ...who.headers, 'accept-language': 'zh' }
  const answer = await hub.app.inject({ method, url, headers, ...(payload ? { payload } : {}) })
  return { status: answer.statusCode, body: answer.json() as T & { error?: ErrorOf } }
}
interface ErrorOf {
  code: string
  issues?: { path: string; reason: string }[]
  details?: { record?: ResourceRow; reason?: string }
}

const umbrella = { title: '黑色雨伞', placeText: '3 栋大堂', foundAt: '2026-11-20T08:00:00Z' }
async function make(values: object = {}, who = administrator): Promise<ResourceRow> {
  const { status, body } = await send(who, 'POST', '/api/lost-items', { projectId, ...umbrella, ...values })
  expect(body.error).toBeUndefined()
  expect(status).toBe(200)
  return body
}
async function list(query: Record<string, string>, who = administrator) {
  const text = new URLSearchParams({ projectId, ...query }).toString()
  return (await send<ResourceList>(who, 'GET', `/api/lost-items?${text}`)).body
}
const titles = ({ items }: ResourceList) => items.map(({ title }) => title)

test('a record is made, read, edited; each edit names what it saw', async () => {
  const made = await make()
  expect(made).toMatchObject({
    version: 1,
    state: 'found',
    category: null,
    photos: [],
    custom: {},
    projectId,
  })
  expect(made.number).toMatch(/^L-\d{6}$/)
  const url = `/api/lost-items/${made.id}`
  const edited = await send(administrator, 'PATCH', url, { version: 1, values: { finder: ' 保安小李 ' } })
  expect(edited.body).toMatchObject({ version: 2, finder: '保安小李', title: '黑色雨伞' })
  const late = await send(administrator, 'PATCH', url, { version: 1, values: { finder: 'x' } })
  expect(late).toMatchObject({
    status: 409,
    body: { error: { code: 'record.changed', details: { record: { version: 2, finder: '保安小李' } } } },
  })
  expect((await send(administrator, 'GET', url)).body).toEqual(edited.body)
})
