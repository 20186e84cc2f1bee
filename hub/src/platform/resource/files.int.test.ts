/** Spreadsheets in and out over HTTP: mapping, dry run, bad rows, undo, exports. */
import { buffer } from 'node:stream/consumers'
import type { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ImportPlan, ResourceImport } from '@courtyard/protocols/contract'
import { accountsModule } from '../../modules/accounts/index.ts'
import { estateModule } from '../../modules/estate/index.ts'
import { lostAndFoundModule } from '../../modules/lost-and-found/index.ts'
import { organisationModule } from '../../modules/organisation/index.ts'
import { recordsModule } from '../../modules/records/index.ts'
import { startTestHub, type TestClient, type TestHub } from '../testing.ts'
import { IMPORT_JOB } from './import/import.service.ts'
import { readSheet } from './sheet/read-sheet.ts'
import { writeXlsx } from './sheet/xlsx-writer.ts'

let hub: TestHub
let administrator: TestClient

beforeAll(async () => {
  const modules = [accountsModule, organisationModule, estateModule, recordsModule, lostAndFoundModule]
  hub = await startTestHub({ modules })
  administrator = await hub.as('administrator')
})
afterAll(() => hub.stop())

let projects = 0
async function newProject(): Promise<string> {
  const body = { code: `f${++projects}`, name: '云庭' }
  return (await administrator.call('POST /api/projects', { body })).id
}

const HEAD = ['编号*', '物品', '类别', '拾获时间', '拾获地点', 'Finder', '备注']
const row = (number: number, more: Partial<Record<number, string>> = {}) =>
  HEAD.map(
    (_, at) =>
      more[at] ?? [`T-${number}`, `物品${number}`, '钥匙门卡', '2026-11-20 09:30', '大堂', '小李', '-'][at]!,
  )

function workbook(rows: string[][]): Promise<Buffer> {
  async function* chunks() {
    yield rows
  }
  const columns = HEAD.map((head) => ({ head, kind: 'text' as const }))
  return buffer(writeXlsx([{ name: 's', columns, rows: chunks() }]) as Readable)
}

async function upload(projectId: string, rows: string[][], who = administrator): Promise<ResourceImport> {
  const answer = await hub.app.inject({
    method: 'POST',
    url: `/api/lost-items/imports?projectId=${projectId}&fileName=a.xlsx`,
    headers: { ...who.headers, 'content-type': 'application/octet-stream', 'accept-language': 'zh' },
    payload: await workbook(rows),
  })
  if (answer.statusCode !== 200) throw new Error(answer.body)
  return answer.json()
}

async function settled(id: string): Promise<ResourceImport> {
  for (let tries = 0; tries < 300; tries++) {
    const one = await administrator.call('GET /api/imports/:id', { params: { id } })
    if (!['checking', 'running', 'undoing'].includes(one.state)) return one
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('the import does not end')
}

async function check(one: ResourceImport, plan: Partial<ImportPlan> = {}): Promise<ResourceImport> {
  const headers = { 'accept-language': 'zh' }
  const body = { ...one.plan, ...plan }
  await administrator.call('POST /api/imports/:id/check', { params: { id: one.id }, body, headers })
  return settled(one.id)
}
async function act(verb: 'run' | 'undo', { id }: ResourceImport): Promise<ResourceImport> {
  await administrator.call(`POST /api/imports/:id/${verb}`, { params: { id } })
  return settled(id)
}
async function items(projectId: string) {
  const { rows } = await hub.hub.db.pool.query<{
    number: string
    title: string
    version: number
    finder: string
  }>('SELECT number, title, version, finder FROM lost_item WHERE project_id = $1 ORDER BY number', [
    projectId,
  ])
  return rows
}

test('heads are understood in both languages; a dry run stores nothing, a run all of it, an undo takes it back', async () => {
  const projectId = await newProject()
  const one = await upload(projectId, [row(1), row(2), [], row(3, { 2: 'Pets', 5: '' })])
  expect(one.rows).toBe(3)
  expect(one.plan.mapping).toEqual({
    '编号*': 'number',
    物品: 'title',
    类别: 'category',
    拾获时间: 'foundAt',
    拾获地点: 'placeText',
    Finder: 'finder',
  })
  expect(one.columns[1]).toEqual({ name: '物品', samples: ['物品1', '物品2', '物品3'] })
  expect(await check(one)).toMatchObject({ state: 'checked', created: 3, bad: 0, progress: 3 })
  expect(await items(projectId)).toEqual([])
  expect(await act('run', one)).toMatchObject({ state: 'done', created: 3, canUndo: true })
  expect((await items(projectId)).map(({ number }) => number)).toEqual(['T-1', 'T-2', 'T-3'])
  const { rows } = await hub.hub.db.pool.query<{ category: string; found_at: Date }>(
    `SELECT category, found_at FROM lost_item WHERE project_id = $1 AND number = 'T-3'`,
    [projectId],
  )
  expect(rows).toEqual([{ category: 'pets', found_at: new Date('2026-11-20T01:30:00Z') }])
  const trail = await hub.hub.db.pool.query(
    `SELECT 1 FROM audit_entry WHERE action = 'lostItem.import' AND project_id = $1`,
    [projectId],
  )
  expect(trail.rowCount).toBe(3)
  expect(await act('undo', one)).toMatchObject({ state: 'undone', canUndo: false })
  expect(await items(projectId)).toEqual([])
})

test('bad rows are told by row and cell; all or nothing stores nothing, skipping stores the rest', async () => {
  const projectId = await newProject()
  const rows = [row(1), row(2, { 2: '飞船', 3: '昨天' }), row(3, { 1: '' }), row(1), row(5)]
  const one = await upload(projectId, rows)
  expect(await check(one)).toMatchObject({ state: 'checked', created: 2, bad: 3 })
  const headers = { 'accept-language': 'zh' }
  const faults = await administrator.call('GET /api/imports/:id/faults', { params: { id: one.id }, headers })
  expect(
    faults.items.map(({ row: at, column, cell, reason }) => [at, column, cell, reason.slice(0, 5)]),
  ).toEqual([
    [3, '类别', '飞船', '只能是：钥'],
    [3, '拾获时间', '昨天', '必须是日期'],
    [4, '物品', '', '必填'],
    [5, '编号*', 'T-1', '与第 2 '],
  ])
  const url = `/api/imports/${one.id}/faults.xlsx`
  const file = await hub.app.inject({ url, headers: { ...administrator.headers, ...headers } })
  const read: string[][] = []
  for await (const cells of readSheet(file.rawPayload)) read.push(cells)
  expect(read.slice(0, 2).map((cells) => cells.slice(0, 3))).toEqual([
    ['行', '列', '单元格'],
    ['3', '类别', '飞船'],
  ])
  expect(await act('run', one)).toMatchObject({ state: 'checked', failure: '3 bad rows: nothing was stored' })
  expect(await items(projectId)).toEqual([])
  await check(one, { badRows: 'skip' })
  expect(await act('run', one)).toMatchObject({ state: 'done', created: 2, bad: 3 })
  expect((await items(projectId)).map(({ number }) => number)).toEqual(['T-1', 'T-5'])
})

test('rows with a known key are refused, skipped or update; an undo after somebody’s edit is refused', async () => {
  const projectId = await newProject()
  const first = await upload(projectId, [row(1), row(2)])
  await check(first)
  await act('run', first)
  const second = await upload(projectId, [row(1, { 5: '小王' }), row(2), row(3)])
  expect(await check(second)).toMatchObject({ bad: 2, created: 1 })
  expect(await check(second, { onExisting: 'skip' })).toMatchObject({ bad: 0, skipped: 2, created: 1 })
  expect(await check(second, { onExisting: 'update' })).toMatchObject({ bad: 0, updated: 2, created: 1 })
  expect(await act('run', second)).toMatchObject({ updated: 2, created: 1, canUndo: true })
  expect(await items(projectId)).toMatchObject([
    { finder: '小王', version: 2 },
    { version: 1 },
    { version: 1 },
  ])
  expect(await settled(first.id)).toMatchObject({ canUndo: false })
  expect(await act('undo', first)).toMatchObject({
    state: 'done',
    failure: expect.stringContaining('1') as string,
  })
  expect(await act('undo', second)).toMatchObject({ state: 'undone' })
  expect(await items(projectId)).toMatchObject([{ finder: '小李', version: 3 }, { version: 1 }])
})

test('two who press the button: one run; a job that was lost is found again', async () => {
  const projectId = await newProject()
  const one = await upload(projectId, [row(1)])
  await check(one)
  const press = () => administrator.raw('POST /api/imports/:id/run', { params: { id: one.id } })
  const statuses = (await Promise.all([press(), press(), press()])).map(({ status }) => status)
  expect(statuses.sort()).toEqual([200, 409, 409])
  await settled(one.id)
  expect(await items(projectId)).toHaveLength(1)
  // As a process leaves it that died in the middle: marked, nothing stored, nobody at work
  const lost = await upload(projectId, [row(7)])
  await check(lost)
  await hub.hub.db.pool.query(
    `UPDATE record_import SET state = 'running', touched_at = now() - interval '2 minutes' WHERE id = $1`,
    [lost.id],
  )
  await hub.hub.jobs.send('records.imports.sweep', {})
  expect(await settled(lost.id)).toMatchObject({ state: 'done', created: 1 })
  // The same job once more changes nothing
  await hub.hub.jobs.send(IMPORT_JOB, { importId: lost.id })
  expect((await items(projectId)).map(({ number }) => number)).toEqual(['T-1', 'T-7'])
})

test('a mapping has to give what is needed, once; files need the right to write, in the whole project', async () => {
  const projectId = await newProject()
  const one = await upload(projectId, [row(1)])
  const body = { ...one.plan, mapping: { 物品: 'finder', Finder: 'finder', 备注: 'state' } }
  const refused = await administrator.raw('POST /api/imports/:id/check', { params: { id: one.id }, body })
  const { issues } = (refused.body as { error: { issues: { path: string }[] } }).error
  expect(issues.map(({ path }) => path).sort()).toEqual([
    'field.foundAt',
    'field.title',
    'mapping.Finder',
    'mapping.备注',
  ])
  const reader = await hub.as('manager', [projectId])
  await expect(upload(projectId, [row(1)], reader)).rejects.toThrow('auth.forbidden')
  const stranger = await hub.as('serviceAgent', [await newProject()])
  await expect(upload(projectId, [row(1)], stranger)).rejects.toThrow('project.not_found')
  await expect(stranger.call('GET /api/imports/:id', { params: { id: one.id } })).rejects.toMatchObject({
    code: 'import.not_found',
  })
  const headers = { ...administrator.headers, 'content-type': 'text/csv' }
  const url = `/api/lost-items/imports?projectId=${projectId}`
  const empty = await hub.app.inject({ method: 'POST', url, headers, payload: '' })
  expect(empty.json()).toMatchObject({ error: { code: 'import.file_unreadable' } })
})

test('an export is what the person sees: conditions, labels, masks; formulas are harmless; it is audited', async () => {
  const projectId = await newProject()
  const one = await upload(projectId, [row(1, { 1: '=HYPERLINK("x")' }), row(2), row(3, { 5: '小王' })])
  await check(one)
  await act('run', one)
  const { rows } = await hub.hub.db.pool.query<{ id: string }>(
    'SELECT id FROM lost_item WHERE project_id = $1',
    [projectId],
  )
  await hub.app.inject({
    method: 'POST',
    url: '/api/lost-items/bulk',
    headers: administrator.headers,
    payload: {
      action: 'claim',
      selection: { ids: rows.map(({ id }) => id) },
      values: { claimantName: '张', claimantPhone: '13800001234' },
    },
  })
  const agent = await hub.as('serviceAgent', [projectId])
  const get = async (query: string, who: TestClient) => {
    const url = `/api/lost-items/export?projectId=${projectId}&sort=number&${query}`
    const answer = await hub.app.inject({ url, headers: { ...who.headers, 'accept-language': 'zh' } })
    expect(answer.statusCode).toBe(200)
    const read: string[][] = []
    for await (const cells of readSheet(answer.rawPayload)) read.push(cells)
    return { text: answer.body, read }
  }
  const columns = 'columns=number,title,category,foundAt,claimantPhone,state'
  const csv = await get(`${columns}&format=csv`, agent)
  expect(csv.text).toContain(`"'=HYPERLINK(""x"")"`)
  expect(csv.read[1]).toEqual([
    'T-1',
    '=HYPERLINK("x")',
    '钥匙门卡',
    '2026-11-20 09:30:00',
    '138****1234',
    '已认领',
  ])
  const where = encodeURIComponent('[["finder","is","小王"]]')
  const xlsx = await get(`${columns}&where=${where}`, administrator)
  expect(xlsx.read).toEqual([
    ['编号', '物品', '类别', '拾获时间', '认领人电话', '状态'],
    ['T-3', '物品3', '钥匙门卡', '2026-11-20 09:30:00', '13800001234', '已认领'],
  ])
  const trail = await hub.hub.db.pool.query<{ after: { format: string; columns: string[] } }>(
    `SELECT after FROM audit_entry WHERE action = 'lostItem.export' AND project_id = $1 ORDER BY id`,
    [projectId],
  )
  expect(trail.rows.map(({ after }) => after.format)).toEqual(['csv', 'xlsx'])
  expect(trail.rows[0]!.after.columns).toContain('claimantPhone')
  const template = await hub.app.inject({
    url: '/api/lost-items/import-template',
    headers: { ...administrator.headers, 'accept-language': 'zh' },
  })
  const heads: string[][] = []
  for await (const cells of readSheet(template.rawPayload)) heads.push(cells)
  expect(heads[0]).toContain('拾获时间')
})

test('a long list comes whole; a browser that goes away leaves nothing behind', async () => {
  const projectId = await newProject()
  await hub.hub.db.pool.query(
    `INSERT INTO lost_item (project_id, number, title, found_at, place_text, photos)
     SELECT $1, 'B-' || i, repeat('字', 40), now(), repeat('地', 190), '{}' FROM generate_series(1, 3000) i`,
    [projectId],
  )
  const idle = hub.hub.db.pool
  const url = `${hub.url}/api/lost-items/export?projectId=${projectId}&format=`
  const whole = await fetch(`${url}csv`, { headers: administrator.headers })
  const file = await whole.bytes()
  expect(whole.headers.get('content-length')).toBe(String(file.length))
  expect(new TextDecoder().decode(file).split('\r\n')).toHaveLength(3_002)
  for (let times = 0; times < 2; times++) {
    const gone = new AbortController()
    const answer = fetch(`${url}xlsx`, { headers: administrator.headers, signal: gone.signal })
    setTimeout(() => gone.abort(), 150 * times)
    await expect(answer.then((one) => one.bytes())).rejects.toThrow('abort')
  }
  const open = async () => {
    const { rows } = await idle.query<{ open: string }>(
      `SELECT count(*) AS open FROM pg_stat_activity WHERE datname = current_database()
       AND (application_name = 'courtyard-export' OR state LIKE 'idle in transaction%')`,
    )
    return [idle.idleCount - idle.totalCount, rows[0]!.open]
  }
  await expect.poll(open, { timeout: 20_000 }).toEqual([0, '0'])
})
