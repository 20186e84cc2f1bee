/** From an empty project over the wizard to the page of a household; and a call that opens it on the agent's screen. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { words } from '../support/browser.ts'
import { ConsoleFixture, type Visitor } from '../support/console-fixture.ts'

const m = words()
const w = (key: string, values: Record<string, string> = {}): string =>
  (m[key] ?? expect.unreachable(`no word ${key}`)).replace(
    /\{(\w+)\}/g,
    (_, name: string) => values[name] ?? '',
  )
let fixture: ConsoleFixture
let clerk: Visitor
let page: Page
const roomIds = new Map<string, string>()

beforeAll(async () => {
  fixture = await ConsoleFixture.open()
  clerk = await fixture.visit('administrator')
  page = clerk.page
})
afterAll(async () => {
  await fixture?.close()
  expect(fixture.pageErrors).toEqual([])
})

const button = (key: string, values?: Record<string, string>) =>
  page.getByRole('button', { name: w(key, values), exact: true })
const field = (key: string) => page.getByLabel(w(key))

test('a tower of thirty floors is previewed and made', async () => {
  await page.goto('/estate/wizard')
  await page.getByText('13004', { exact: true }).waitFor()
  await page.getByLabel(w('est_skip_floors')).fill('4, 13, 14, 18')
  await button('est_generate', { rooms: '104' }).click()
  await page.waitForURL(/\/estate\?/)
  await page.getByRole('link', { name: '13004' }).waitFor()
  const { buildings } = await clerk.client.call('GET /api/projects/:id/structure', {
    params: { id: fixture.projectId },
  })
  expect(buildings).toMatchObject([{ name: '1栋', rooms: 104, occupied: 0 }])
  const section = await clerk.client.call('GET /api/buildings/:id/section', {
    params: { id: buildings[0]!.id },
  })
  for (const room of section.rooms) roomIds.set(room.code, room.id)
  expect([...roomIds.keys()].filter((code) => /^1(04|13|14|18)/.test(code) && code.length === 5)).toEqual([])
})

test('the tree is walked by keyboard down to a room', async () => {
  const tree = page.getByRole('tree')
  await tree.getByRole('treeitem').first().focus()
  for (const key of ['ArrowRight', 'ArrowDown', 'ArrowRight', 'ArrowDown', 'ArrowRight', 'ArrowDown']) {
    await page.keyboard.press(key)
    await page.waitForTimeout(150)
  }
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/rooms\//)
  await page.getByRole('heading', { name: w('est_people') }).waitFor()
})

test('an owner is added to the room, an account moves in, and its page tells everything', async () => {
  const roomId = roomIds.get('13004')!
  await page.goto(`/rooms/${roomId}`)
  await button('est_person_add').click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText(w('est_person_new'), { exact: true }).click()
  await dialog.getByLabel(w('est_person_name')).fill('林晓月')
  await dialog.getByLabel(w('est_phone')).fill('138 0013 8000')
  await dialog.getByLabel(w('est_role'), { exact: true }).selectOption('owner')
  await dialog.getByRole('button', { name: w('action_save') }).click()
  await page.getByRole('link', { name: '林晓月' }).first().waitFor()
  const { householdId } = await clerk.client.call('POST /api/rooms/:id/household', {
    params: { id: roomId },
    body: { household: { accountNumber: '1-3004', name: '林晓月', kind: 'residential' } },
  })
  await page.goto('/estate')
  await page.getByRole('link', { name: /13004/ }).click()
  await page.waitForURL(new RegExp(`/households/${householdId}`))
  await page.getByRole('heading', { level: 1, name: '林晓月' }).waitFor()
  await field('est_note_new').fill('家有老人，上门请轻声')
  await button('action_save').click()
  await page.getByText('家有老人，上门请轻声').first().waitFor()
  await page.getByText(w('est_event_moved_in')).waitFor()
})

test('a call opens the page on the agent’s screen within a second', async () => {
  const agent = await fixture.visit('serviceAgent')
  await agent.page.goto('/estate')
  await agent.page.getByRole('link', { name: /13004/ }).waitFor()
  const { username } = (await agent.client.call('GET /api/auth/session')).user
  // The stream is opened by the page a moment after it is drawn
  await agent.page.waitForTimeout(1_500)
  const began = performance.now()
  await clerk.client.call('POST /api/cti/calls', { body: { phone: '+86 138-0013-8000', agent: username } })
  const card = agent.page.getByRole('region', { name: w('est_call_from', { phone: '+86 138-0013-8000' }) })
  await card.getByText('林晓月').waitFor()
  const tookMs = performance.now() - began
  await agent.page.waitForURL(/\/households\//)
  await card.getByText('1栋 13004').waitFor()
  await card.getByLabel(w('est_call_note')).fill('询问交房资料')
  await card.getByRole('button', { name: w('action_close') }).click()
  await card.waitFor({ state: 'detached' })
  expect(tookMs).toBeLessThan(1_000)

  await clerk.client.call('POST /api/cti/calls', { body: { phone: '0571-00001111', agent: username } })
  const unknown = agent.page.getByRole('region', { name: w('est_call_from', { phone: '0571-00001111' }) })
  await unknown.getByText(w('est_call_unknown')).waitFor()
  await unknown.getByRole('link', { name: w('est_person_new') }).click()
  await agent.page.getByRole('dialog').locator('input[value="0571-00001111"], input').first().waitFor()
})
