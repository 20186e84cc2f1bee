/**
 * A role of one building, made by an administrator in the matrix and given to a new person, who signs in and finds that
 * building everywhere and no other anywhere.
 */
import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { words } from '../support/browser.ts'
import { ConsoleFixture, type Visitor } from '../support/console-fixture.ts'

const m = words()
const w = (key: string, values: Record<string, string | number> = {}): string =>
  (m[key] ?? expect.unreachable(`no word ${key}`)).replace(/\{(\w+)\}/g, (_, name: string) =>
    String(values[name] ?? ''),
  )
const ROLE = '1 栋楼管员'
const PASSWORD = 'not-a-secret-here'
let fixture: ConsoleFixture
let administrator: Visitor
let keeper: Page
/** Number of a room → its page, that of its account, that of the plan of its floor. */
const pages = new Map<string, { room: string; household: string; plan: string }>()

beforeAll(async () => {
  fixture = await ConsoleFixture.open()
  administrator = await fixture.visit('administrator')
  await makeEstate()
})
afterAll(async () => {
  await fixture?.close()
  expect(fixture.pageErrors).toEqual([])
})

/** Two buildings with an owner and an account each. */
async function makeEstate(): Promise<void> {
  const { client } = administrator
  const csv = [
    'building,buildingName,room,kind,floor,areaM2,accountNumber,householdName,householdKind',
    '1,1 栋,0101,flat,1,89,1-0101,林晓月,residential',
    '2,2 栋,0201,flat,1,89,2-0201,周大明,residential',
  ].join('\n')
  await client.call('POST /api/projects/:id/rooms/import', { params: { id: fixture.projectId }, body: csv })
  const structure = await client.call('GET /api/projects/:id/structure', {
    params: { id: fixture.projectId },
  })
  for (const building of structure.buildings) {
    const { rooms } = await client.call('GET /api/buildings/:id/section', { params: { id: building.id } })
    const [room] = rooms
    const { households } = await client.call('GET /api/rooms/:id/file', { params: { id: room!.id } })
    await client.call('POST /api/rooms/:id/roles', {
      params: { id: room!.id },
      body: { person: { name: households[0]!.name }, role: 'owner' },
    })
    pages.set(room!.code, {
      room: `/rooms/${room!.id}`,
      household: `/households/${households[0]!.id}`,
      plan: `/estate/buildings/${building.id}/plan/1`,
    })
  }
}

const button = (page: Page, key: string) => page.getByRole('button', { name: w(key), exact: true })

test('an administrator makes the role in the matrix', async () => {
  const { page, client } = administrator
  await page.goto('/system/roles')
  await button(page, 'sys_role_new').click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel(w('sys_role_name')).fill(ROLE)
  await dialog.getByRole('button', { name: w('action_save'), exact: true }).click()
  await page.getByRole('button', { name: ROLE }).waitFor()
  const groups = await client.call('GET /api/permissions')
  for (const wanted of ['estate.read', 'party.read']) {
    const { label } = groups.flatMap(({ permissions }) => permissions).find(({ id }) => id === wanted)!
    await page.getByRole('checkbox', { name: `${label.zh}: ${ROLE}`, exact: true }).click()
  }
  await button(page, 'sys_matrix_review').click()
  await dialog.getByRole('button', { name: w('action_save'), exact: true }).click()
  await page.getByText(w('sys_matrix_saved')).waitFor()
})

test('and gives it to a new person, for one building', async () => {
  const { page } = administrator
  await page.goto('/system')
  await button(page, 'user_new').click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel(w('sign_in_username')).fill('keeper')
  await dialog.getByLabel(w('user_display_name')).fill('楼管小李')
  await dialog.getByLabel(w('sys_role'), { exact: true }).selectOption({ label: ROLE })
  await dialog.getByText(w('sys_place_some'), { exact: true }).click()
  await dialog.getByRole('button', { name: w('sys_place_open', { name: '测试小区' }) }).click()
  await dialog.getByLabel('1 栋', { exact: true }).check()
  await dialog.getByLabel(w('sign_in_password')).fill(PASSWORD)
  await dialog.getByRole('button', { name: w('action_save'), exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
})

test('who signs in with it sees this building in tree, section, lists, search and export', async () => {
  keeper = await fixture.window()
  await keeper.goto('/sign-in')
  await keeper.getByLabel(w('sign_in_username')).fill('keeper')
  await keeper.getByLabel(w('sign_in_password')).fill(PASSWORD)
  await button(keeper, 'sign_in_button').click()
  await keeper.waitForURL((url) => url.pathname === '/')
  await keeper.goto('/estate')
  await keeper.getByRole('link', { name: /0101/ }).waitFor()
  const tree = await keeper.getByRole('tree').innerText()
  expect([tree.includes('1 栋'), tree.includes('2 栋')]).toEqual([true, false])
  await shows('/households', '林晓月', '周大明')
  await shows('/parties', '林晓月', '周大明')
  await shows('/rooms', '0101', '0201')
  await button(keeper, 'kit_export').click()
  const downloading = keeper.waitForEvent('download')
  await keeper.getByRole('menuitem', { name: w('kit_export_all', { format: 'CSV' }) }).click()
  const file = await readFile(await (await downloading).path(), 'utf8')
  expect([file.includes('0101'), file.includes('0201')]).toEqual([true, false])
  await keeper.keyboard.press('Control+k')
  const search = keeper.getByRole('combobox', { name: w('palette_open') })
  await search.fill('林晓月')
  await keeper
    .getByRole('option', { name: /林晓月/ })
    .first()
    .waitFor()
  for (const hidden of ['周大明', '0201']) {
    const answered = keeper.waitForResponse((answer) => answer.url().includes('/api/search'))
    await search.fill(hidden)
    await answered
    await keeper.getByText(w('list_nothing_found')).waitFor()
  }
})

/** A list with what belongs to the one building and nothing of the other. */
async function shows(address: string, own: string, foreign: string): Promise<void> {
  await keeper.goto(address)
  await keeper.getByRole('main').getByText(own).first().waitFor()
  expect(await keeper.getByRole('main').innerText()).not.toContain(foreign)
}

test('an address of the other building leads to a page that finds nothing', async () => {
  const [own, foreign] = [pages.get('0101')!, pages.get('0201')!]
  await keeper.goto(own.household)
  await keeper.getByRole('heading', { level: 1, name: '林晓月' }).waitFor()
  await keeper.goto(own.plan)
  await keeper.getByText(w('est_plan_none')).waitFor()
  for (const address of Object.values(foreign)) {
    await keeper.goto(address)
    await keeper.getByText(w('record_not_found')).first().waitFor()
    expect(await keeper.getByRole('main').innerText()).not.toMatch(/0201|周大明|2 栋/)
  }
})
