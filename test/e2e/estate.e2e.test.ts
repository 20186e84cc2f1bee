/**
 * From an empty project over the wizard to the page of a household; a call that opens it on the agent's screen; a handover
 * with photos; a fit-out permit from the application to the pass that is checked at the gate.
 */
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { words } from '../support/browser.ts'
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
  await dialog.getByLabel('姓名').fill('林晓月')
  await dialog.getByLabel('电话').fill('138 0013 8000')
  await dialog.getByLabel('身份', { exact: true }).selectOption('owner')
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

  const beganAgain = performance.now()
  await clerk.client.call('POST /api/cti/calls', { body: { phone: '0571-00001111', agent: username } })
  const unknown = agent.page.getByRole('region', { name: w('est_call_from', { phone: '0571-00001111' }) })
  await unknown.getByText(w('est_call_unknown')).waitFor()
  // The better of two: the first may have to load the card's script on a busy machine
  expect(Math.min(tookMs, performance.now() - beganAgain)).toBeLessThan(1_000)
  await unknown.getByRole('link', { name: w('est_person_new') }).click()
  await agent.page.getByRole('dialog').locator('input[value="0571-00001111"], input').first().waitFor()
})

const photo = join(root, 'ui/static/staff-icon-192.png')

/** Whether the picture is there, not only its frame. */
async function seePicture(on: Page, selector: string): Promise<void> {
  const width = () =>
    on
      .locator(selector)
      .first()
      .evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth)
  await expect.poll(width, { timeout: 15_000 }).toBeGreaterThan(100)
}

test('a defect is found at the handover with a photo, and photos are put on it until it is mended', async () => {
  const { buildings } = await clerk.client.call('GET /api/projects/:id/structure', {
    params: { id: fixture.projectId },
  })
  const batch = await clerk.client.call('POST /api/buildings/:id/handover-batches', {
    params: { id: buildings[0]!.id },
    body: {
      name: '一期',
      notice: '',
      startsOn: '2026-07-01',
      endsOn: '2036-07-31',
      items: [{ area: '客厅', text: '墙面平整' }],
    },
  })
  await page.goto(`/handover/rooms/${batch.handovers[0]!.id}`)
  await page.getByLabel(w('est_photo_add')).setInputFiles(photo)
  await seePicture(page, 'main li img')
  await button('est_defect').click()
  await page.getByLabel(w('est_defect_remark')).fill('裂缝约 20 厘米')
  await page.getByLabel(w('est_defect_remark')).press('Tab')
  await page.getByRole('link', { name: '客厅 墙面平整', exact: true }).click()
  await page.waitForURL(/\/handover\/defects\//)
  await page.getByText('裂缝约 20 厘米').first().waitFor()
  await button('kit_edit').click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('照片').setInputFiles(photo)
  await dialog.getByRole('button', { name: /^查看 / }).waitFor()
  await page.keyboard.press('Control+Enter')
  await dialog.waitFor({ state: 'detached' })
  await seePicture(page, 'main img')
})

async function approve(on: Page, address: string): Promise<void> {
  await on.goto(address)
  await on
    .getByRole('button', { name: w('wf_do_approved'), exact: true })
    .first()
    .click()
  const dialog = on.getByRole('dialog')
  await dialog.getByRole('button', { name: w('wf_do_approved'), exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
}

test('a fit-out permit is applied for, approved twice, and its pass is good at the gate', async () => {
  const local = new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Shanghai' })
  const today = local.format(new Date())
  const end = local.format(Date.now() + 30 * 86_400_000)
  // A step waits for those who have its role when it begins
  const projectIds = [fixture.projectId]
  const engineer = await fixture.visit('engineer', { projectIds })
  const manager = await fixture.visit('manager', { projectIds })
  await page.goto('/fit-out')
  await button('est_permit_apply').click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('combobox', { name: w('est_room') }).fill('13004')
  await page.getByRole('option', { name: /13004/ }).click()
  await dialog.getByRole('combobox', { name: w('est_applicant') }).fill('林晓月')
  await page.getByRole('option', { name: /林晓月/ }).click()
  await dialog.getByLabel(w('est_company'), { exact: true }).fill('华庭装饰')
  await dialog.getByLabel(w('est_work')).fill('厨卫翻新')
  await dialog.getByLabel(w('est_starts_on')).fill(today)
  await dialog.getByLabel(w('est_ends_on')).fill(end)
  await dialog.getByLabel(w('est_deposit')).fill('0')
  await dialog.getByRole('button', { name: w('action_save') }).click()
  await page.waitForURL(/\/fit-out\/[\w-]{36}/)
  const address = new URL(page.url()).pathname
  expect(await page.locator('[aria-current=step]').getAttribute('aria-label')).toContain('工程审核')

  for (const visitor of [engineer, manager]) await approve(visitor.page, address)
  await page.reload()
  await button('est_pass_new').click()
  await dialog.getByLabel(w('est_worker')).fill('李师傅')
  await dialog.getByRole('button', { name: w('action_save') }).click()
  await dialog.waitFor({ state: 'detached' })
  await page.getByRole('img', { name: w('est_pass_of', { name: '李师傅' }) }).waitFor()
  const { passes } = await clerk.client.call('GET /api/fit-out-permits/:id/file', {
    params: { id: address.split('/').at(-1)! },
  })
  const code = passes[0]!.code
  await page.getByText(code, { exact: true }).waitFor()
  const atTheGate = () => clerk.client.call('GET /api/fit-out-passes/:code', { params: { code } })
  expect((await atTheGate()).valid).toBe(true)
  await button('est_pass_revoke').click()
  await page.getByText(w('est_pass_revoked'), { exact: true }).waitFor()
  await page.goto('/fit-out')
  await button('est_pass_check').click()
  await dialog.getByLabel(w('est_pass_code')).fill(code)
  await dialog.getByRole('button', { name: w('est_check'), exact: true }).click()
  await dialog.getByText(w('est_pass_revoked'), { exact: true }).waitFor()
})
