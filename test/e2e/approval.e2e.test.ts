/**
 * An approval over two levels in the browser: asked for at a desk, approved on a phone by the manager and then by the
 * company, seen in the diagram and the history; and its definition changed and published.
 */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seriousFindings, words } from '../support/browser.ts'
import { ConsoleFixture } from '../support/console-fixture.ts'

const m = words()
const w = (key: string, values: Record<string, string | number> = {}): string =>
  Object.entries(values).reduce(
    (text, [name, value]) => text.replace(`{${name}}`, String(value)),
    m[key] ?? expect.unreachable(`no word ${key}`),
  )
const TITLE = '更换 3 号楼生活水泵'
let fixture: ConsoleFixture
let engineer: Page
let manager: Page
let administrator: Page

beforeAll(async () => {
  fixture = await ConsoleFixture.open()
  const projectIds = [fixture.projectId]
  const named = async (role: 'engineer' | 'manager' | 'administrator', displayName: string) => {
    const options = role === 'administrator' ? {} : { projectIds }
    const { page, client } = await fixture.visit(role, { ...options, phone: role === 'manager' })
    await fixture.hub.hub.db.prisma.user.update({ where: { id: client.userId }, data: { displayName } })
    return page
  }
  engineer = await named('engineer', '李工')
  manager = await named('manager', '王经理')
  administrator = await named('administrator', '赵总')
})
afterAll(() => fixture?.close())

const button = (page: Page, key: string) => page.getByRole('button', { name: w(key), exact: true })

async function answer(page: Page, key: string, comment: string): Promise<void> {
  await button(page, key).first().click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel(w('wf_comment')).fill(comment)
  await dialog.getByRole('button', { name: w(key), exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
}

test('a request is asked for, with the way that it will go', async () => {
  await engineer.goto('/tasks')
  await button(engineer, 'wf_new_request').click()
  const dialog = engineer.getByRole('dialog')
  await dialog.getByLabel(w('wf_request_kind')).selectOption('approvalByAmount')
  await dialog.getByText('公司审批', { exact: true }).waitFor()
  await dialog.getByLabel(w('wf_request_title')).fill(TITLE)
  await dialog.getByLabel(w('wf_request_amount')).fill('18,600')
  await dialog.getByLabel(w('wf_request_text')).fill('漏水')
  await button(engineer, 'wf_request_send').click()
  await engineer.waitForURL('**/processes/*')
  await engineer.getByRole('heading', { name: TITLE }).waitFor()
  expect(await engineer.locator('[aria-current=step]').getAttribute('aria-label')).toContain('经理审批')
})

test('the manager approves on a phone', async () => {
  await manager.goto('/tasks')
  await manager
    .getByText(w('wf_bell', { count: 1 }))
    .first()
    .waitFor({ state: 'attached' })
  const task = manager.locator('[data-task]')
  expect(await task.innerText()).toContain('18,600.00')
  expect(await manager.evaluate('document.documentElement.scrollWidth')).toBe(390)
  await answer(manager, 'wf_do_approved', '同意，尽快')
  await manager.getByText(w('wf_none_open')).waitFor()
})

test('the company approves, and everybody can see how it came about', async () => {
  await administrator.goto('/tasks')
  await administrator.getByRole('link', { name: TITLE }).click()
  await administrator.getByText('同意，尽快').waitFor()
  expect(await administrator.locator('[aria-current=step]').getAttribute('aria-label')).toContain('公司审批')
  expect(await seriousFindings(administrator)).toEqual([])
  await answer(administrator, 'wf_do_approved', '')
  await administrator.getByText(w('wf_event_finished', { outcome: w('wf_outcome_approved') })).waitFor()
  await engineer.reload()
  const history = engineer.locator('ol').last()
  await history.getByText('赵总').first().waitFor()
  for (const name of ['李工', '王经理']) expect(await history.innerText()).toContain(name)
  expect(await engineer.locator('[aria-current=step]').count()).toBe(0)
})

test('a changed definition is checked while it is edited, and published as the next version', async () => {
  await administrator.goto('/system/processes/approvalByAmount')
  const node = (name: RegExp) => administrator.locator('svg').getByRole('button', { name })
  await node(/^公司审批/).click()
  const name = administrator.getByLabel(w('wf_step_name_zh'))
  await name.fill('')
  await administrator.getByText(w('wf_problems', { count: 1 })).waitFor()
  expect(await button(administrator, 'wf_publish').isDisabled()).toBe(true)
  await name.fill('总经理审批')
  await node(/^总经理审批/).waitFor()
  await administrator.getByText(w('wf_no_problems')).waitFor()
  expect(await seriousFindings(administrator)).toEqual([])
  await button(administrator, 'wf_publish').click()
  const dialog = administrator.getByRole('dialog')
  await dialog.getByLabel(w('wf_publish_note')).fill('改名')
  await dialog.getByRole('button', { name: w('wf_publish'), exact: true }).click()
  await administrator.getByText(w('wf_publish_done', { version: 2 })).waitFor()
  await engineer.reload()
  await engineer.locator('svg').getByText('公司审批', { exact: true }).waitFor()
  expect(fixture.pageErrors).toEqual([])
})
