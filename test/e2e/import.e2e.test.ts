/** A spreadsheet with bad rows, from the file to the records and back; two people at one record; photos of a record. */
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seriousFindings, words } from '../support/browser.ts'
import { ConsoleFixture, type Visitor } from '../support/console-fixture.ts'
import { root } from '../support/processes.ts'

const m = words()
const w = (key: string, values: Record<string, string> = {}): string =>
  (m[key] ?? expect.unreachable(`no word ${key}`)).replace(
    /\{(\w+)\}/g,
    (_, name: string) => values[name] ?? '',
  )
let fixture: ConsoleFixture
let clerk: Visitor
let page: Page
let dialog: Locator

const head = '编号,物品,类别,拾获时间,拾获地点,颜色'
const sheet = [
  head,
  'T-1,红色帽子,衣物雨具,2026-11-20 08:30,北门,红',
  'T-2,,衣物雨具,2026-11-20 09:30,南门,蓝',
  'T-3,水壶,不存在的类别,昨天,南门,',
  'T-4,耳机,手机电子,2026-11-21 10:00,大堂,白',
]

beforeAll(async () => {
  fixture = await ConsoleFixture.open()
  clerk = await fixture.visit('administrator')
  page = clerk.page
  dialog = page.getByRole('dialog')
})
afterAll(() => fixture?.close())

const button = (key: string, values?: Record<string, string>): Locator =>
  dialog.getByRole('button', { name: w(key, values), exact: true })

async function stored(): Promise<Record<string, unknown>[]> {
  const address = `${fixture.hub.url}/api/lost-items?projectId=${fixture.projectId}&sort=number`
  const answer = await fetch(address, { headers: clerk.client.headers })
  return ((await answer.json()) as { items: Record<string, unknown>[] }).items
}

/** Makes or (with an id) changes a record as another program would. */
async function make(values: Record<string, unknown>, id = ''): Promise<void> {
  const answer = await fetch(`${fixture.hub.url}/api/lost-items${id && `/${id}`}`, {
    method: id ? 'PATCH' : 'POST',
    headers: { ...clerk.client.headers, 'content-type': 'application/json' },
    body: JSON.stringify(id ? values : { projectId: fixture.projectId, ...values }),
  })
  if (!answer.ok) throw new Error(await answer.text())
}

async function rows(): Promise<string[]> {
  await dialog.locator('tbody tr').first().waitFor()
  const cells = await Promise.all(
    (await dialog.locator('tbody tr').all()).map((row) => row.locator('td').allInnerTexts()),
  )
  return cells.map(([row, column, cell]) => `${row} ${column} ${cell}`)
}

test('bad cells are named before anything is stored', async () => {
  await page.goto('/lost-items')
  await page
    .getByRole('button', { name: w('kit_import'), exact: true })
    .first()
    .click()
  const buffer = Buffer.from('\uFEFF' + sheet.join('\r\n') + '\r\n')
  await dialog.locator('input[type=file]').setInputFiles({ name: '失物.csv', mimeType: 'text/csv', buffer })
  const mapped = async (column: string): Promise<string> =>
    dialog.getByLabel(w('kit_import_field_of', { column })).inputValue()
  await expect.poll(() => mapped('物品')).toBe('title')
  expect(await mapped('颜色')).toBe('')
  await button('kit_import_check').click()
  expect(await rows()).toEqual(['3 物品 —', '4 类别 不存在的类别', '4 拾获时间 昨天'])
  expect(await button('kit_import_store', { rows: '2' }).isDisabled()).toBe(true)
  expect(await stored()).toEqual([])
})

test('a reload finds the import where it was', async () => {
  await page.reload()
  expect(await rows()).toHaveLength(3)
})

test('the good rows are stored when the bad ones may be skipped, and taken back again', async () => {
  await button('kit_import_revise').click()
  await dialog.getByText(w('kit_import_bad_skip'), { exact: true }).click()
  await button('kit_import_check').click()
  await button('kit_import_store', { rows: '2' }).click()
  await dialog.getByText(w('kit_import_done_text', { created: '2', updated: '0', skipped: '0' })).waitFor()
  expect((await stored()).map(({ number, title }) => [number, title])).toEqual([
    ['T-1', '红色帽子'],
    ['T-4', '耳机'],
  ])
  await button('kit_import_undo').click()
  await button('kit_import_undo').click()
  await dialog.getByText(w('kit_import_undone_text')).waitFor()
  expect(await stored()).toEqual([])
  await dialog
    .getByRole('button', { name: w('action_close') })
    .last()
    .click()
  await page.getByText(w('kit_none_yet', { what: '失物招领' })).waitFor()
})

test('a list in a view of its own is the same behind a link', async () => {
  await dialog.waitFor({ state: 'detached' })
  for (const [title, foundAt] of [
    ['雨伞', '2026-11-01T00:00:00Z'],
    ['钥匙', '2026-11-02T00:00:00Z'],
  ]) {
    await make({ title, foundAt, placeText: '大堂' })
  }
  await page.goto('/lost-items')
  await page.keyboard.press('/')
  await page.getByRole('link', { name: '雨伞' }).waitFor()
  await page.locator('[data-search]').fill('钥匙')
  await page.getByRole('link', { name: '雨伞' }).waitFor({ state: 'detached' })
  await page.getByRole('button', { name: w('kit_views') }).click()
  await page.getByRole('menuitem', { name: w('kit_view_save_as') }).click()
  await dialog.getByLabel(w('kit_view_name')).fill('只看钥匙')
  await button('action_save').click()
  await page
    .getByRole('button', { name: w('kit_views') })
    .getByText('只看钥匙')
    .waitFor()
  const link = page.url()
  await page.goto('/')
  await page.goto(link)
  await page.getByRole('link', { name: '钥匙' }).waitFor()
  expect(await page.getByRole('link', { name: '雨伞' }).count()).toBe(0)
})

test('two people at one record: yours and theirs, field by field', async () => {
  await page.getByRole('link', { name: '钥匙' }).click()
  await page.getByRole('button', { name: w('kit_edit'), exact: true }).click()
  await dialog.getByLabel('物品').fill('一串钥匙')
  const [record] = (await stored()).filter(({ title }) => title === '钥匙')
  const theirs = { version: record!['version'], values: { title: '两把钥匙', finder: '保安' } }
  await make(theirs, String(record!['id']))
  await page.keyboard.press('Control+Enter')
  await dialog.getByText(w('kit_conflict_clash')).waitFor()
  await button('kit_conflict_save').click()
  await page.getByRole('heading', { name: '一串钥匙' }).waitFor()
  const now = (await stored()).find(({ id }) => id === record!['id'])
  expect(now).toMatchObject({ title: '一串钥匙', finder: '保安', version: 3 })
})

test('what was typed is asked about, kept as a draft, and back again', async () => {
  await page.getByRole('button', { name: w('kit_edit'), exact: true }).click()
  await dialog.getByLabel('拾获人').fill('保洁')
  await page.keyboard.press('Escape')
  await button('kit_leave_keep').click()
  await dialog.waitFor({ state: 'detached' })
  await page.reload()
  await page.getByRole('button', { name: w('kit_edit'), exact: true }).click()
  await expect.poll(() => dialog.getByLabel('拾获人').inputValue()).toBe('保洁')
  await button('kit_draft_drop').click()
  expect(await dialog.getByLabel('拾获人').inputValue()).toBe('保安')
  await button('action_cancel').click()
})

/** Runs in the page: as a person who has copied a picture and pastes it. */
const pastePicture = `(async () => {
  const clipboardData = new DataTransfer()
  const picture = await (await fetch('/staff-icon-512.png')).blob()
  clipboardData.items.add(new File([picture], 'pasted.png', { type: 'image/png' }))
  window.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
})()`

test('photos are put on a record, seen as thumbnails and over the whole screen', async () => {
  await dialog.waitFor({ state: 'detached' })
  await page.getByRole('button', { name: w('kit_edit'), exact: true }).click()
  const web = { name: 'photo.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('<!doctype html>') }
  const photos = dialog.getByLabel('照片')
  await photos.setInputFiles(web)
  await dialog.getByText('不能上传这种文件').waitFor()
  await page.keyboard.press('Control+Enter')
  await dialog.getByText(w('kit_files_failed')).waitFor()
  await button('kit_remove_named', { name: web.name }).click()
  // One is pasted; the network goes while the other is sent
  await page.evaluate(pastePicture)
  await button('kit_viewer_open', { name: 'pasted.png' }).waitFor()
  await page.route('**/api/attachments?*', (route) => route.abort(), { times: 1 })
  await photos.setInputFiles(join(root, 'ui/static/staff-icon-192.png'))
  await dialog.getByRole('button', { name: /^重新上传 / }).click()
  const names = ['pasted.png', 'staff-icon-192.png']
  for (const name of names) await button('kit_viewer_open', { name }).waitFor()
  await page.keyboard.press('Control+Enter')
  await dialog.waitFor({ state: 'detached' })
  const thumbnails = page.locator('main').getByRole('button', { name: /^查看 / })
  await expect.poll(() => thumbnails.count()).toBe(2)
  const width = () =>
    page
      .locator('main img')
      .first()
      .evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth)
  await expect.poll(width).toBeGreaterThan(100)
  await thumbnails.first().click()
  await dialog.getByText(w('kit_viewer_of', { position: '1', total: '2' })).waitFor()
  expect(await seriousFindings(page)).toEqual([])
  const first = await dialog.getByRole('heading').innerText()
  await page.keyboard.press('ArrowRight')
  await dialog.getByText(w('kit_viewer_of', { position: '2', total: '2' })).waitFor()
  expect(await dialog.getByRole('heading').innerText()).not.toBe(first)
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
})

test('households: people and accounts from a file, bad shares named; a role put right on the page of the household', async () => {
  await clerk.client.call('POST /api/projects/:id/generations', {
    params: { id: fixture.projectId },
    body: {
      buildings: { from: 1, to: 1, code: '{n}', name: '{n}栋' },
      units: { count: 0, name: '{n}' },
      floors: { from: 1, to: 2 },
      rooms: [{ areaM2: '89.5' }],
      number: '{floor:2}{n:2}',
    },
  })
  const people = [
    '房间,姓名,电话,身份,产权份额,起始时间,户号',
    '1栋 0101,张伟,13800138000,业主,60,2024-05-01,A101',
    '1栋 0101,李娜,13900139000,共有人,50,2024-05-01,',
    '1栋 0201,张伟,13800138000,业主,,,A201',
  ]
  const upload = async (rows: string[]) => {
    const buffer = Buffer.from('\uFEFF' + rows.join('\r\n') + '\r\n')
    await dialog.locator('input[type=file]').setInputFiles({ name: '住户.csv', mimeType: 'text/csv', buffer })
  }
  await page.goto('/households')
  await page.getByRole('link', { name: w('kit_import'), exact: true }).click()
  await upload(people)
  await button('kit_import_check').click()
  expect(await rows()).toEqual(['2 产权份额 60', '3 产权份额 50'])
  await dialog.getByText('110%').first().waitFor()
  await button('kit_import_other_file').click()
  await upload(people.map((row) => row.replace(',50,', ',40,')))
  await button('kit_import_check').click()
  await button('kit_import_store', { rows: '3' }).click()
  await dialog.getByText(w('kit_import_done_text', { created: '3', updated: '0', skipped: '0' })).waitFor()
  await dialog
    .getByRole('button', { name: w('action_close') })
    .last()
    .click()
  await page.getByRole('link', { name: '李娜' }).waitFor()
  expect(await seriousFindings(page)).toEqual([])

  await page.goto('/households')
  await page.getByRole('link', { name: '张伟' }).first().click()
  await page.getByRole('heading', { level: 1, name: '张伟' }).waitFor()
  await page.getByRole('button', { name: w('est_person_add') }).click()
  await dialog.getByLabel('姓名').fill('张小宝')
  await dialog.getByLabel('身份', { exact: true }).selectOption('family')
  await page.keyboard.press('Control+Enter')
  await page.getByRole('link', { name: '张小宝' }).waitFor()
  await page.getByRole('button', { name: w('est_role_edit', { name: '张小宝' }) }).click()
  await dialog.getByLabel('身份', { exact: true }).selectOption('resident')
  await page.keyboard.press('Control+Enter')
  await page.getByText('住户', { exact: true }).first().waitFor()
  expect(fixture.pageErrors).toEqual([])
})
