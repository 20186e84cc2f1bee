import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestHub, type TestClient, type TestHub } from '../testing.ts'
import { RoomKind, type ErrorBody, type ImportResult } from '@courtyard/protocols/contract'

let hub: TestHub
let client: TestClient
let projectId: string
beforeAll(async () => {
  hub = await startTestHub()
  client = await hub.as('administrator')
  const body = { code: 'lang', name: 'Language', timeZone: 'Asia/Shanghai' }
  projectId = (await client.call('POST /api/projects', { body })).id
})
afterAll(() => hub.stop())

const chinese = { 'accept-language': 'zh-CN' }
const english = { 'accept-language': 'en' }

test('a bad file is told to each reader in their language', async () => {
  const importRooms = async (headers: Record<string, string>) => {
    const { body } = await client.raw('POST /api/projects/:id/rooms/import', {
      params: { id: projectId },
      query: { dryRun: 'true' },
      body: 'building,room,floor,areaM2,kind\n1,101,x,80,flat\n,102,1,8x,villa\n',
      headers,
    })
    return (body as ImportResult).errors.map(({ row, column, reason }) => `${row} ${column} ${reason}`)
  }
  expect(await importRooms(chinese)).toEqual([
    '2 floor 必须是整数（现为“x”）',
    '3 building 单元格不能为空',
    `3 kind 只能是：${RoomKind.options.join(', ')}（现为“villa”）`,
    '3 areaM2 必须是平方米数，例如 89.5（现为“8x”）',
  ])
  expect(await importRooms(english)).toEqual([
    '2 floor must be a whole number (is "x")',
    '3 building The cell is empty',
    `3 kind must be one of: ${RoomKind.options.join(', ')} (is "villa")`,
    '3 areaM2 must be square metres such as 89.5 (is "8x")',
  ])
})

test('so is what only shows when rows are seen together, and what the domain refuses', async () => {
  const importMeters = async (headers: Record<string, string>) => {
    const { body } = await client.raw('POST /api/projects/:id/meters/import', {
      params: { id: projectId },
      query: { dryRun: 'true' },
      body: 'code,name,medium,building\nA,Point A,water,9\nA,Point A,water,\n',
      headers,
    })
    return (body as ImportResult).errors.map(({ reason }) => reason)
  }
  expect((await importMeters(chinese)).sort()).toEqual(['没有楼栋 9', '第 2 行已有 A'])
  expect((await importMeters(english)).sort()).toEqual([
    'A stands in row 2 already',
    'There is no building 9',
  ])
})

test('fields of a request: schema and rules, at the same time for different readers', async () => {
  const create = async (body: object, headers: Record<string, string>) => {
    const answer = await client.raw('POST /api/projects', { body: body as never, headers })
    return (answer.body as ErrorBody).error.issues?.map(({ path, reason }) => `${path}: ${reason}`)
  }
  const bad = { code: 'x', timeZone: 'Asia/Shanghai' }
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) => create(bad, index % 2 ? english : chinese)),
  )
  for (const [index, answer] of answers.entries()) {
    expect(answer).toEqual([index % 2 ? 'name: is needed' : 'name: 必填'])
  }
  const nowhere = { code: 'nowhere', name: 'N', timeZone: 'Moon/Base' }
  expect(await create(nowhere, chinese)).toEqual(['timeZone: 没有时区“Moon/Base”'])
  expect(await create(nowhere, english)).toEqual(['timeZone: "Moon/Base" is not a known time zone'])
})

test('a price rule names what is wrong with it', async () => {
  const rule = { kind: 'tiered', period: 'month', tiers: [{ upTo: '10', price: '-1' }] }
  const body = { projectId, code: 'T', name: 'T', unit: 'kWh', effectiveFrom: '2026-01-01', rule } as const
  const reasons = async (headers: Record<string, string>) => {
    const answer = await client.raw('POST /api/tariffs', { body: body as never, headers })
    return (answer.body as ErrorBody).error.issues?.map(({ reason }) => reason)
  }
  expect(await reasons(chinese)).toEqual(['不能为负数', '最后一档必须不封顶（留空）'])
  expect(await reasons(english)).toEqual(['must not be negative', 'the last tier must be open (null)'])
})

test('health, too', async () => {
  const { body } = await hub.anonymous.raw('GET /api/health', { headers: chinese })
  expect(body).toMatchObject({ checks: { database: { detail: '外部数据库' }, jobs: { detail: '运行中' } } })
})
