/**
 * A gateway looked after in the browser: its configuration edited and taken up by the real agent, faults shown where
 * they are, a command that two people have to want, an event that arrives while somebody looks.
 */
import { randomUUID } from 'node:crypto'
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { DeviceEvent } from '@courtyard/protocols/contract'
import { HubClient } from '../../demo/hub-client.ts'
import { TestGateway } from '../../hub/src/modules/telemetry/testing.ts'
import { openBrowser, seriousFindings, words } from '../support/browser.ts'
import { until } from '../support/processes.ts'
import { Stack } from '../support/stack.ts'

const m = words()
const w = (key: string, values: Record<string, string | number> = {}): string =>
  Object.entries(values).reduce(
    (text, [name, value]) => text.replace(`{${name}}`, String(value)),
    m[key] ?? expect.unreachable(`no word ${key}`),
  )
const password = 'not-a-secret-here'
let stack: Stack
let browser: Browser
let page: Page
let dialog: Locator
let url: string
let gatewayId: string
/** Answers as a gateway does, when the test wants it. */
let gate: TestGateway
let terminalId: string
const pageErrors: string[] = []

const button = (key: string, inside: Page | Locator = page): Locator =>
  inside.getByRole('button', { name: w(key), exact: true })

async function signIn(context: BrowserContext, username: string): Promise<Page> {
  const opened = await context.newPage()
  opened.on('pageerror', (error) => pageErrors.push(error.message))
  opened.setDefaultTimeout(20_000)
  await opened.goto(`${url}/sign-in`)
  await opened.getByLabel(w('sign_in_username')).fill(username)
  await opened.getByLabel(w('sign_in_password')).fill(password)
  await button('sign_in_button', opened).click()
  await opened.waitForURL((address) => !address.pathname.startsWith('/sign-in'))
  return opened
}
const newContext = (): Promise<BrowserContext> =>
  browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'zh-CN' })

beforeAll(async () => {
  stack = await Stack.create(11)
  await stack.startHub()
  const prepared = await stack.prepare(11, (site) => {
    site.devices = site.devices.slice(0, 4)
  })
  gatewayId = prepared.gatewayId
  stack.startEdge()
  url = `http://127.0.0.1:${stack.ports.hub}`
  await stack.hub.call('POST /api/users', {
    body: {
      username: 'manager',
      displayName: '王经理',
      password,
      assignments: [{ role: 'manager', place: { all: true } }],
    },
  })
  const name = '东门岗亭'
  const { token } = await stack.hub.call('POST /api/gateways', {
    body: { projectId: prepared.projectId, name },
  })
  const body = { token, agentVersion: '0.0.0-test' }
  gate = new TestGateway(await new HubClient(url).call('POST /api/edge/enrol', { body }))
  await gate.connect()
  const relay = { zh: '总闸', en: 'Main switch' }
  const commands = [{ key: 'relay', kind: 'relay', label: relay, confirms: true }] as const
  await gate.sendCatalogue([
    { key: 'terminal1', points: [], commands },
    { key: 'camera1', points: [] },
  ])
  const devices = await stack.hub.call('GET /api/devices', { query: { gatewayId: gate.id } })
  terminalId = devices.find(({ key }) => key === 'terminal1')!.id
  await until('schema', 60_000, () =>
    stack.hub.call('GET /api/gateways/:id/schema', { params: { id: gatewayId } }),
  ).catch((cause: unknown) => {
    throw new Error(stack.lastWords().join('\n'), { cause })
  })
  browser = await openBrowser()
  page = await signIn(await newContext(), 'admin')
  dialog = page.getByRole('dialog')
})

afterAll(async () => {
  await browser?.close()
  await gate?.stop()
  await stack?.stop()
})

async function openConfig(part: string): Promise<void> {
  await page.goto(`${url}/gateways/${gatewayId}?tab=config&part=${part}`)
  await button('config_validate').waitFor()
}

test('a device renamed in the form runs at the gateway and is in the list of revisions', async () => {
  await openConfig('devices')
  await page.locator('tbody button').first().click()
  await dialog.getByLabel('名称', { exact: true }).fill('改过的名字')
  await button('config_take_over', dialog).click()
  await page.getByText(w('config_changes', { count: 1 })).waitFor()
  await button('config_undo').click()
  expect(await button('config_save').isDisabled()).toBe(true)
  await button('config_redo').click()
  await button('config_save').click()
  await dialog.getByLabel(w('config_note')).fill('现场换了名字')
  await button('config_apply', dialog).click()
  await page.getByText(w('apply_running', { number: 1 }).split('，')[0]!).waitFor({ timeout: 60_000 })
  await until('new name', 30_000, async () => {
    const devices = await stack.hub.call('GET /api/devices', { query: { gatewayId } })
    return devices.some((device) => device.name === '改过的名字' && !device.removed)
  })
  await page.goto(`${url}/gateways/${gatewayId}?tab=revisions`)
  const row = page.getByRole('row').filter({ hasText: '#1' })
  await row.getByText(w('config_running')).waitFor()
  expect(await row.innerText()).toContain('现场换了名字')
})

test('what only the gateway can see is wrong stands at its field, and goes with one step back', async () => {
  await openConfig('buses')
  // A second bus on the same wire: the hub's schema has nothing against it, the agent has.
  const first = await page.locator('section button[aria-expanded]').first().innerText()
  await page.getByRole('button', { name: w('config_duplicate', { name: first.split('\n')[0]! }) }).click()
  await button('config_validate').click()
  const list = page.getByRole('alert').filter({ hasText: w('config_checked_gateway') })
  await list.getByRole('button').first().click()
  await page.locator('[aria-invalid=true]:focus').waitFor()
  await button('config_save').click()
  expect(await button('config_apply', dialog).isDisabled()).toBe(true)
  await page.keyboard.press('Escape')
  await button('config_undo').click()
  await list.waitFor({ state: 'detached' })
})

test('a revision that the gateway refuses says why and can be opened and mended', async () => {
  const params = { id: gatewayId }
  const { running } = await stack.hub.call('GET /api/gateways/:id/config', { params })
  const config = running!.config
  const twin = { ...config.buses[0], key: 'twin' }
  const bad = { ...config, buses: [...config.buses, twin] }
  await openConfig('devices')
  await stack.hub.call('POST /api/gateways/:id/configs', {
    params,
    body: { config: bad, note: 'twin', draft: false, basedOn: 1 },
  })
  await page.getByText(w('apply_refused', { number: 2 })).waitFor({ timeout: 60_000 })
  await button('apply_edit').click()
  await page.getByText('twin').first().waitFor()
  await page.goto(`${url}/gateways/${gatewayId}?tab=config&part=buses`)
  expect(await page.getByText('twin', { exact: true }).count()).toBe(0)
})

test('somebody who saved meanwhile is not overwritten without a look at the difference', async () => {
  await openConfig('devices')
  await page.locator('tbody button').first().click()
  await dialog.getByLabel('名称', { exact: true }).fill('我的名字')
  await button('config_take_over', dialog).click()
  const params = { id: gatewayId }
  const { running } = await stack.hub.call('GET /api/gateways/:id/config', { params })
  const body = { config: running!.config, note: '别人的草稿', draft: true, basedOn: 2 }
  await stack.hub.call('POST /api/gateways/:id/configs', { params, body })
  await button('config_save').click()
  await button('config_save_draft', dialog).click()
  await page.getByText(w('conflict_title')).waitFor()
  await dialog.getByText('我的名字').waitFor()
  await button('conflict_keep_mine', dialog).click()
  await button('config_save').click()
  await button('config_save_draft', dialog).click()
  await page.getByText(w('config_saved_draft', { number: 4 })).waitFor()
})

test('cutting the power waits for a second person, is sent once and is seen confirmed', async () => {
  await page.goto(`${url}/devices/${terminalId}`)
  await page.getByRole('button', { name: '总闸' }).click()
  await dialog.getByText(w('do_relay_open')).click()
  await dialog.getByText(w('command_second_person')).waitFor()
  expect(await button('command_ask_approval', dialog).isDisabled()).toBe(true)
  await dialog.getByLabel(w('command_reason')).fill('欠费停电')
  await button('command_ask_approval', dialog).dblclick()
  await dialog.getByText(w('command_awaiting')).first().waitFor()
  expect(gate.commands).toEqual([])

  const context = await newContext()
  const managers = await signIn(context, 'manager')
  await managers.goto(`${url}/commands`)
  await managers.getByText(w('commands_waiting')).waitFor()
  await managers
    .getByRole('navigation')
    .getByText(w('nav_badge', { count: 1 }))
    .first()
    .waitFor({ state: 'attached' })
  await button('command_approve', managers).first().click()
  const question = managers.getByRole('dialog')
  expect(await question.innerText()).toContain('欠费停电')
  // Commands go to gateways that are there; this one says so only when it is told to.
  await gate.sayOnline()
  await button('command_approve', question).click()
  await gate.until(() => gate.commands.length > 0)
  const sent = gate.commands[0]!
  await gate.report(sent.id, 'received')
  await gate.report(sent.id, 'executing')
  await gate.report(sent.id, 'confirmed')
  await dialog
    .locator('[aria-current=step]')
    .filter({ hasText: w('command_confirmed') })
    .waitFor()
  const { items } = await stack.hub.call('GET /api/commands', { query: { deviceId: terminalId } })
  expect(items.map(({ state, reason, approvedBy }) => [state, reason, approvedBy !== null])).toEqual([
    ['confirmed', '欠费停电', true],
  ])
  await context.close()
})

test('an event appears while somebody looks, without moving what is read', async () => {
  const vehicle = (plate: string): DeviceEvent => ({
    id: randomUUID(),
    device: 'camera1',
    atMs: Date.now(),
    type: 'vehicle',
    lane: '东门入口',
    direction: 'in',
    plate,
    plateColor: 'blue',
  })
  await gate.send([], [], [vehicle('沪A11111')])
  await page.goto(`${url}/events?type=vehicle`)
  await page.getByText('沪A·11111').waitFor()
  await gate.send([], [], [vehicle('沪B22222')])
  const pill = page.getByRole('button', { name: w('events_new', { count: 1 }) })
  await pill.waitFor()
  expect(await page.getByText('沪B·22222').count()).toBe(0)
  await pill.click()
  await page.getByText('沪B·22222').waitFor()
  await page.getByPlaceholder(w('events_search')).fill('沪a·11')
  await page.getByText('沪B·22222').waitFor({ state: 'detached' })
  await page.getByText('沪A·11111').waitFor()
})

test('no serious finding of axe-core on these pages', async () => {
  const gateway = `/gateways/${gatewayId}`
  const tabs = ['', '?tab=config', '?tab=config&part=buses', '?tab=config&part=settings', '?tab=config&part=json', '?tab=log', '?tab=revisions', '?tab=certificate'] // prettier-ignore
  const paths = [
    '/gateways',
    ...tabs.map((tab) => gateway + tab),
    '/commands',
    '/events',
    `/devices/${terminalId}`,
  ]
  const findings: string[] = []
  for (const path of paths) {
    await page.goto(`${url}${path}`)
    await page.locator('main h1:visible').first().waitFor()
    await page
      .locator('.skeleton')
      .first()
      .waitFor({ state: 'detached', timeout: 5_000 })
      .catch(() => null)
    findings.push(...(await seriousFindings(page)).map((finding) => `${path} ${finding}`))
  }
  expect(findings).toEqual([])
  expect(pageErrors).toEqual([])
})
