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
  return { status: answer.statusCode, body: answer.json<T & { error?: ErrorOf }>() }
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

test('a wrong value is told at its field, custom fields too; nothing is stored', async () => {
  const { status, body } = await send(administrator, 'POST', '/api/lost-items', {
    projectId,
    title: 'x'.repeat(101),
    category: 'nothing',
    foundAt: 'yesterday',
    state: 'claimed',
    custom: { colour: 'red' },
  })
  expect(status).toBe(400)
  expect(Object.fromEntries(body.error!.issues!.map(({ path, reason }) => [path, reason]))).toMatchObject({
    title: '最多 100 个字',
    category: '只能是：钥匙门卡、手机电子、衣物雨具、证件钱包、玩具童车、宠物、其他',
    state: '不能填写',
    'custom.colour': expect.stringContaining('没有这样的字段') as string,
  })
  const nowhere = await send(administrator, 'POST', '/api/lost-items', {
    projectId,
    title: '钥匙',
    foundAt: umbrella.foundAt,
  })
  expect(nowhere.body.error!.issues).toEqual([{ path: 'placeText', reason: '请填写拾获地点' }])
})

test('two clerks make records at once: no number is given twice; one of the same number is refused', async () => {
  const made = await Promise.all(Array.from({ length: 8 }, () => make({ title: '同时' })))
  expect(new Set(made.map(({ number }) => number)).size).toBe(8)
  const { status, body } = await send(administrator, 'POST', '/api/lost-items', {
    projectId,
    ...umbrella,
    number: made[0]!.number,
  })
  expect(status).toBe(409)
  expect(body.error).toMatchObject({
    code: 'record.taken',
    issues: [{ path: 'number', reason: '已有相同的记录' }],
  })
})

test('put away and brought back; what is put away is not edited', async () => {
  const { id } = await make({ title: '旧伞' })
  const url = `/api/lost-items/${id}`
  expect((await send(administrator, 'POST', `${url}/archive`, { version: 1 })).body.archivedAt).not.toBeNull()
  expect(titles(await list({ q: '旧伞' }))).toEqual([])
  expect(titles(await list({ q: '旧伞', archived: 'only' }))).toEqual(['旧伞'])
  const edit = await send(administrator, 'PATCH', url, { version: 2, values: { finder: 'x' } })
  expect(edit.body.error!.code).toBe('record.archived')
  const back = await send(administrator, 'POST', `${url}/restore`, { version: 2 })
  expect(back.body).toMatchObject({ version: 3, archivedAt: null })
})

test('an action changes what people may not write, and not twice', async () => {
  const { id } = await make({ title: '钱包' })
  const claim = () =>
    send<{ done: number; refused: object[] }>(administrator, 'POST', '/api/lost-items/bulk', {
      action: 'claim',
      selection: { ids: [id] },
      values: { claimantName: '张伟', claimantPhone: '13800001234' },
    })
  expect((await claim()).body).toEqual({ done: 1, refused: [] })
  const again = (await claim()).body
  expect(again).toMatchObject({ done: 0, refused: [{ id, reason: '物品已认领或已处置' }] })
  expect((await send(administrator, 'GET', `/api/lost-items/${id}`)).body).toMatchObject({
    state: 'claimed',
    claimantPhone: '13800001234',
    masked: [],
  })
  const { body } = await send<{ error: object }>(administrator, 'POST', '/api/lost-items/bulk', {
    action: 'claim',
    selection: { ids: [id] },
    values: { claimantName: '张伟', claimantPhone: 'none' },
  })
  expect(body.error).toMatchObject({ issues: [{ path: 'claimantPhone', reason: '格式不对' }] })
})

test('many at once: a list is the selection, refused ones are told', async () => {
  const mine = await newProject()
  const made = []
  for (const title of ['甲', '乙', '丙']) made.push(await make({ projectId: mine, title: `批量${title}` }))
  await send(administrator, 'POST', `/api/lost-items/${made[0]!.id}/archive`, { version: 1 })
  const bulk = (action: string, values = {}, archived = 'all') =>
    send<{ done: number; refused: { title: string }[] }>(administrator, 'POST', '/api/lost-items/bulk', {
      action,
      selection: { list: { projectId: mine, q: '批量', archived } },
      values,
    })
  const edited = (await bulk('edit', { finder: '物业前台' })).body
  expect(edited).toMatchObject({ done: 2, refused: [{ title: `${made[0]!.number as string} 批量甲` }] })
  expect((await bulk('archive', {}, 'no')).body.done).toBe(2)
  expect((await bulk('restore', {}, 'only')).body.done).toBe(3)
})

test('pages follow one another in both directions, empty values last', async () => {
  const mine = await newProject()
  for (const finder of ['c', null, 'a', 'b', null, 'b']) await make({ projectId: mine, finder, title: '件' })
  const walk = async (sort: string) => {
    const seen: unknown[] = []
    let cursor: string | undefined
    do {
      const query = { projectId: mine, sort, limit: '2', ...(cursor ? { cursor } : {}) }
      const { items, next } = await list(query)
      seen.push(...items.map(({ number }) => number))
      cursor = next ?? undefined
    } while (cursor)
    return seen
  }
  const up = await walk('number')
  expect(up).toHaveLength(6)
  expect(await walk('-number')).toEqual(up.toReversed())
  const byState = await walk('state')
  expect(new Set(byState).size).toBe(6)
  expect((await send<{ error: ErrorOf }>(administrator, 'GET', `/api/lost-items?sort=finder`)).status).toBe(
    400,
  )
})

test('search finds one and two Chinese characters, digits and parts of words; conditions hold together', async () => {
  const mine = await newProject()
  const at = (title: string, more = {}) => make({ projectId: mine, title, ...more })
  await at('红色儿童自行车', { category: 'toys', finder: '王保安' })
  await at('iPhone 15 手机', { category: 'phone' })
  await at('钥匙一串', { category: 'keys', placeText: '5 号楼' })
  const found = async (q: string, where: unknown[] = []) =>
    titles(await list({ projectId: mine, q, where: JSON.stringify(where) })).sort()
  expect(await found('车')).toEqual(['红色儿童自行车'])
  expect(await found('儿童')).toEqual(['红色儿童自行车'])
  expect(await found('ＩＰＨＯＮＥ')).toEqual(['iPhone 15 手机'])
  expect(await found('王 自行')).toEqual(['红色儿童自行车'])
  expect(await found('王 手机')).toEqual([])
  expect(await found('%')).toEqual([])
  expect(await found('', [['category', 'in', ['keys', 'phone']]])).toEqual(['iPhone 15 手机', '钥匙一串'])
  expect(
    await found('', [
      ['placeText', 'contains', '号楼'],
      ['finder', 'isEmpty'],
    ]),
  ).toEqual(['钥匙一串'])
  expect(await found('', [['foundAt', 'between', ['2026-11-21T00:00:00Z', null]]])).toEqual([])
  const bad = await send<{ error: ErrorOf }>(
    administrator,
    'GET',
    `/api/lost-items?where=[["title","drop","x"]]`,
  )
  expect(bad.status).toBe(400)
})

test('a phone number is masked for those who may not see it, and cannot be found out by asking', async () => {
  const mine = await newProject()
  const { id } = await make({ projectId: mine, title: '相机' })
  await send(administrator, 'POST', '/api/lost-items/bulk', {
    action: 'claim',
    selection: { ids: [id] },
    values: { claimantName: '李四', claimantPhone: '13912345678' },
  })
  const agent = await hub.as('serviceAgent', [mine])
  const seen = (await send(agent, 'GET', `/api/lost-items/${id}`)).body
  expect(seen).toMatchObject({ claimantPhone: '139****5678', masked: ['claimantPhone'] })
  const finds = async (who: TestClient, query: Record<string, string>) =>
    titles(await list({ projectId: mine, ...query }, who))
  const phone = JSON.stringify([['claimantPhone', 'contains', '1234']])
  expect(await finds(agent, { q: '13912345678' })).toEqual([])
  expect(await finds(agent, { where: phone })).toEqual([])
  expect(await finds(administrator, { q: '13912345678' })).toEqual(['相机'])
  expect(await finds(administrator, { where: phone })).toEqual(['相机'])
  const reveal = await send(agent, 'POST', `/api/lost-items/${id}/reveal`, { field: 'claimantPhone' })
  expect(reveal.status).toBe(403)
  const shown = await send(administrator, 'POST', `/api/lost-items/${id}/reveal`, { field: 'claimantPhone' })
  expect(shown.body).toEqual({ value: '13912345678' })
  const history = await send<{ items: { action: string; changes: object[] }[] }>(
    agent,
    'GET',
    `/api/lost-items/${id}/history`,
  )
  expect(history.body.items.map(({ action }) => action)).toEqual(['reveal', 'claim', 'create'])
  expect(JSON.stringify(history.body)).not.toContain('13912345678')
  const trail = await hub.hub.db.pool.query(
    `SELECT 1 FROM audit_entry WHERE after::text LIKE '%13912345678%'`,
  )
  expect(trail.rowCount).toBe(0)
})

test('outside of the scope there is nothing to see, to change or to point to', async () => {
  const elsewhere = await newProject()
  const { id } = await make({ title: '别处看不到' })
  const stranger = await hub.as('serviceAgent', [elsewhere])
  expect((await send(stranger, 'GET', `/api/lost-items/${id}`)).status).toBe(404)
  expect((await send(stranger, 'PATCH', `/api/lost-items/${id}`, { version: 1, values: {} })).status).toBe(
    404,
  )
  expect((await send(stranger, 'GET', `/api/lost-items/${id}/history`)).status).toBe(404)
  expect((await send(stranger, 'GET', `/api/lost-items?projectId=${projectId}`)).status).toBe(404)
  expect((await send(stranger, 'POST', '/api/lost-items', { projectId, ...umbrella })).status).toBe(404)
  const all = await send<ResourceList>(stranger, 'GET', '/api/lost-items?q=别处')
  expect(all.body.items).toEqual([])
  const bulk = await send<{ done: number; refused: { title: string }[] }>(
    stranger,
    'POST',
    '/api/lost-items/bulk',
    {
      action: 'archive',
      selection: { ids: [id] },
    },
  )
  expect(bulk.body).toMatchObject({ done: 0, refused: [{ title: '' }] })
  const reader = await hub.as('manager', [projectId])
  const edit = await send(reader, 'PATCH', `/api/lost-items/${id}`, { version: 1, values: {} })
  expect(edit).toMatchObject({ status: 403, body: { error: { code: 'auth.forbidden' } } })
})

test('custom fields are checked, filtered, searched, told in the metadata, and kept when out of use', async () => {
  const mine = await newProject()
  const colour = await administrator.call('POST /api/custom-fields', {
    body: {
      resource: 'lostItem',
      key: 'colour',
      kind: 'choice',
      label: { zh: '颜色', en: 'Colour' },
      options: [
        { value: 'red', label: { zh: '红', en: 'Red' } },
        { value: 'blue', label: { zh: '蓝', en: 'Blue' } },
      ],
    },
  })
  const body = {
    resource: 'lostItem',
    key: 'worth',
    kind: 'decimal',
    label: { zh: '估价', en: 'Worth' },
  } as const
  await administrator.call('POST /api/custom-fields', { body })
  await make({ projectId: mine, title: '红帽', custom: { colour: 'red', worth: '12.50' } })
  await make({ projectId: mine, title: '蓝帽', custom: { colour: 'blue', worth: 9 } })
  const where = (...condition: unknown[]) => list({ projectId: mine, where: JSON.stringify([condition]) })
  expect(titles(await where('custom.colour', 'is', 'red'))).toEqual(['红帽'])
  expect(titles(await where('custom.worth', 'between', ['9.5', null]))).toEqual(['红帽'])
  expect(titles(await list({ projectId: mine, sort: 'custom.worth' }))).toEqual(['蓝帽', '红帽'])
  const bad = await send(administrator, 'POST', '/api/lost-items', {
    projectId,
    ...umbrella,
    custom: { colour: 'x' },
  })
  expect(bad.body.error!.issues![0]!.path).toBe('custom.colour')
  const meta = await administrator.call('GET /api/resources/:name', { params: { name: 'lostItem' } })
  expect(meta.fields.find(({ name }) => name === 'custom.colour')?.options).toHaveLength(2)
  await expect(
    administrator.call('DELETE /api/custom-fields/:id', { params: { id: colour.id } }),
  ).rejects.toMatchObject({ code: 'custom_field.in_use' })
  const off = { ...colour, active: false }
  await administrator.call('PUT /api/custom-fields/:id', { params: { id: colour.id }, body: off })
  const [hat] = (await list({ projectId: mine, q: '红帽' })).items
  expect(hat!.custom).toEqual({ worth: '12.50' })
  await send(administrator, 'PATCH', `/api/lost-items/${hat!.id}`, {
    version: 1,
    values: { custom: { worth: '13' } },
  })
  await administrator.call('PUT /api/custom-fields/:id', {
    params: { id: colour.id },
    body: { ...colour, version: 2 },
  })
  expect((await list({ projectId: mine, q: '红帽' })).items[0]!.custom).toEqual({
    colour: 'red',
    worth: '13',
  })
})

test('dictionaries: entries of the hub and of a project; what is out of use stays in old records', async () => {
  const [mine, other] = [await newProject(), await newProject()]
  const params = { code: 'lostItemCategory' }
  const entry = await administrator.call('POST /api/dictionaries/:code/entries', {
    params,
    body: { code: 'kites', label: { zh: '风筝', en: 'Kites' }, projectId: mine },
  })
  const { id } = await make({ projectId: mine, category: 'kites' })
  const elsewhere = await send(administrator, 'POST', '/api/lost-items', {
    ...umbrella,
    projectId: other,
    category: 'kites',
  })
  expect(elsewhere.status).toBe(400)
  const off = { label: entry.label, active: false }
  await administrator.call('PUT /api/dictionary-entries/:id', { params: { id: entry.id }, body: off })
  const edited = await send(administrator, 'PATCH', `/api/lost-items/${id}`, {
    version: 1,
    values: { finder: 'x' },
  })
  expect(edited.body).toMatchObject({ category: 'kites', finder: 'x' })
  const manager = await hub.as('manager', [mine])
  await expect(
    manager.call('POST /api/dictionaries', { body: { code: 'x', label: { zh: 'x', en: 'x' } } }),
  ).rejects.toMatchObject({ code: 'auth.forbidden' })
  const codes = (await administrator.call('GET /api/dictionaries', { query: { projectId: mine } }))
    .find(({ code }) => code === params.code)!
    .entries.map(({ code }) => code)
  expect(codes).toContain('kites')
})

test('views are the person’s own; shared ones are seen by others and changed by nobody else', async () => {
  const view = {
    resource: 'lostItem',
    name: '待认领',
    shared: false,
    q: '',
    where: [],
    sort: '',
    columns: [],
  }
  const body = { ...view, archived: 'no' } as const
  const made = await administrator.call('POST /api/views', { body })
  await expect(administrator.call('POST /api/views', { body })).rejects.toMatchObject({
    code: 'view.name_taken',
  })
  const agent = await hub.as('serviceAgent')
  const query = { resource: 'lostItem' }
  expect(await agent.call('GET /api/views', { query })).toEqual([])
  await administrator.call('PUT /api/views/:id', { params: { id: made.id }, body: { ...body, shared: true } })
  expect(await agent.call('GET /api/views', { query })).toMatchObject([{ id: made.id, mine: false }])
  await expect(agent.call('DELETE /api/views/:id', { params: { id: made.id } })).rejects.toMatchObject({
    code: 'view.not_found',
  })
  await administrator.call('DELETE /api/views/:id', { params: { id: made.id } })
})

test('the interface describes the routes of a resource with its fields', async () => {
  const { paths } = (await hub.app.inject('/api/openapi.json')).json<{
    paths: Record<string, Record<string, object>>
  }>()
  expect(Object.keys(paths['/api/lost-items']!)).toEqual(['get', 'post'])
  expect(JSON.stringify(paths['/api/lost-items']!.post)).toContain('foundAt')
  expect(paths['/api/lost-items/export']).toBeDefined()
  const unknown = await send<{ error: ErrorOf }>(administrator, 'GET', `/api/lost-items/${randomUUID()}`)
  expect(unknown.body.error.code).toBe('record.not_found')
})
