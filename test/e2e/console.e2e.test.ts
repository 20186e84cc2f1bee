/**
 * The console from an empty hub to an issued bill, done by hand in a browser, with what goes wrong on the way:
 * bad cells, a meter that was changed, messages that cannot be read, a gateway that goes away.
 */
import { readingsOf, TestGateway } from '../../hub/src/modules/telemetry/testing.ts'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { lastMonth } from '../../demo/calendar.ts'
import { HubClient } from '../../demo/hub-client.ts'
import { openBrowser, words } from '../support/browser.ts'
import { temporaryFolder } from '../support/demo.ts'
import { startProgram, until, type RunningProgram } from '../support/processes.ts'

const m = words()
const w = (key: string): string => m[key] ?? expect.unreachable(`no word ${key}`)
const password = 'not-a-secret-here'
const month = lastMonth(Date.now())
const day = 86_400_000
const point = 'meter1/energy'
let folder: Awaited<ReturnType<typeof temporaryFolder>>
let program: RunningProgram
let browser: Browser
let page: Page
let dialog: Locator
let url: string
let gateway: TestGateway
let hub: HubClient
let projectId: string
const pageErrors: string[] = []

beforeAll(async () => {
  folder = await temporaryFolder()
  const env = {
    COURTYARD_DATA: folder.path,
    PORT: '0',
    MQTT_PORT: '0',
    MQTT_TLS_PORT: '0',
    LOG_LEVEL: 'warn',
  }
  program = startProgram(['hub/src/main.ts'], { env })
  browser = await openBrowser()
  page = await browser.newPage({ viewport: { width: 1440, height: 900 }, locale: 'zh-CN' })
  page.on('pageerror', (error) => pageErrors.push(error.message))
  page.setDefaultTimeout(15_000)
  dialog = page.getByRole('dialog')
})

afterAll(async () => {
  await browser?.close()
  await gateway?.stop()
  await program?.stop(8_000)
  await folder?.remove()
})

const button = (key: string, inside: Page | Locator = page): Locator =>
  inside.getByRole('button', { name: w(key), exact: true })

async function fill(fields: Record<string, string>, inside: Page | Locator = dialog): Promise<void> {
  for (const [key, value] of Object.entries(fields)) await inside.getByLabel(w(key)).first().fill(value)
}

/** Chooses a file in an import dialog, as it comes from a spreadsheet. */
async function choose(lines: readonly string[]): Promise<void> {
  const buffer = Buffer.from('\uFEFF' + lines.join('\r\n') + '\r\n')
  await dialog
    .locator('input[type=file]')
    .setInputFiles({ name: 'from-the-office.csv', mimeType: 'text/csv', buffer })
}

/** Row and column of every fault that an import shows; the reason is in the language of the person. */
async function faults(): Promise<string[]> {
  await dialog.locator('tbody tr').first().waitFor()
  const cells = await Promise.all(
    (await dialog.locator('tbody tr').all()).map((row) => row.locator('td').allInnerTexts()),
  )
  for (const [, , reason] of cells) expect(reason).toMatch(/\p{Script=Han}/u)
  return cells.map(([row, column]) => `${row} ${column}`)
}

async function importChosen(): Promise<void> {
  await button('import_button', dialog).click()
  await dialog.waitFor({ state: 'detached' })
}

test('the one-time link makes the administrator, who makes a project', async () => {
  const link = await until('link', 60_000, () => /http:\/\/\S+\/setup\?token=\S+/.exec(program.output())?.[0])
  url = new URL(link).origin
  await page.goto(link)
  await fill({ sign_in_username: 'The Boss' }, page)
  await page.getByText(w('username_help')).first().waitFor()
  const person = { sign_in_username: 'boss', user_display_name: '老板', sign_in_password: password }
  await fill({ ...person, account_password_again: `${password}!` }, page)
  expect(await button('setup_button').isDisabled()).toBe(true)
  await fill({ account_password_again: password }, page)
  await button('setup_button').click()
  await button('project_new').click()
  await fill({ project_name: '测试小区', project_code: 'COURT' })
  await button('action_save', dialog).click()
  await page.waitForURL(/\/estate\?project=COURT/)
  hub = new HubClient(url)
  await hub.signIn('boss', password)
  projectId = (await hub.call('GET /api/projects'))[0]!.id

  await page.goto(link)
  await page.getByText(w('setup_done')).waitFor()
})

test('rooms come from a CSV: bad cells are named, nothing is half done', async () => {
  const head = 'building,buildingName,room,kind,floor,areaM2,accountNumber,householdName,householdKind'
  await page.goto(`${url}/estate`)
  await button('estate_import').click()
  await choose([head, 'B1,1栋,101,flat,一,80,1-101,王五,residential', 'B1,1栋,102,villa,1,-3,,,'])
  expect(await faults()).toEqual(['2 floor', '3 kind', '3 areaM2'])
  expect(await button('import_button', dialog).isDisabled()).toBe(true)
  await choose([head])
  await page.getByText(w('import_no_rows')).waitFor()
  await choose([head, 'B1,1栋,101,flat,1,80,1-101,王五,residential', 'B1,1栋,102,flat,1,,,,'])
  await until('checked', 5_000, () => button('import_button', dialog).isEnabled())
  expect(await hub.call('GET /api/projects/:id/buildings', { params: { id: projectId } })).toEqual([])
  await importChosen()
  await page.getByText('王五').waitFor()
})

test('a gateway is let in by its one-time token and is seen online', async () => {
  await page.goto(`${url}/devices`)
  await button('gateway_new').first().click()
  await fill({ gateway_name: '一号网关' })
  await button('gateway_token_make', dialog).click()
  const token = await dialog.locator('code').first().innerText()
  await dialog.getByRole('button').last().click()
  const identity = await new HubClient(url).call('POST /api/edge/enrol', {
    body: { token, agentVersion: '0.0.0-test' },
  })
  gateway = new TestGateway(identity)
  await gateway.connect()
  await gateway.sendCatalogue([{ key: 'meter1', serial: 'SN-1', points: [{ key: 'energy' }] }])
  await page.goto(`${url}/devices/gateways/${gateway.id}`)
  await page.getByRole('main').getByText(w('state_online')).first().waitFor()
})

test('meters, prices and who pays what', async () => {
  const installed = new Date(month.fromMs - day).toISOString()
  const head =
    'code,name,medium,role,building,room,parent,serial,manufacturer,model,unit,scale,digits,multiplier,installedAt,initialIndex'
  await page.goto(`${url}/meters`)
  await button('meters_import').click()
  await choose([head, `E-1,101 电表,power,household,B1,101,,SN-1,,,kWh,2,6,one,yesterday,0`])
  expect(await faults()).toEqual(['2 medium', '2 multiplier', '2 installedAt'])
  await choose([head, `E-1,101 电表,electricity,household,B1,101,,SN-1,,,kWh,2,6,1,${installed},990`])
  await importChosen()
  await page.goto(`${url}/tariffs`)
  await button('item_new').click()
  await fill({ item_name_zh: '电费', item_name_en: 'Electricity', tariff_code: 'electricity' })
  await button('action_save', dialog).click()
  await page.getByText('电费').first().waitFor()
  await button('tariff_new').click()
  await fill({ meters_name: '单一电价', tariff_code: 'FLAT', tariff_effective_from: '2026-01-01' })
  await dialog.getByText(w('tariff_flat'), { exact: true }).click()
  await fill({ bill_price: '0.5x' })
  expect(await button('action_save', dialog).isDisabled()).toBe(true)
  await fill({ bill_price: '0.5', tariff_effective_from: dayText(month.fromMs - 40 * day) })
  await button('action_save', dialog).click()
  await dialog.waitFor({ state: 'detached' })
  await button('assignments_import').click()
  const columns = 'accountNumber,item,meteringPoint,tariff,from'
  await choose([columns, '1-101,electricity,E-1,FLAT,1.11.2026'])
  expect(await faults()).toEqual(['2 from'])
  await choose([columns, '1-999,electricity,E-1,FLAT,2026-01-01'])
  await expect.poll(faults).toEqual(['2 accountNumber'])
  await choose([columns, `1-101,electricity,E-1,FLAT,${dayText(month.fromMs)}`])
  await importChosen()
})

test('a new version of a price, and none on a day that has one', async () => {
  await button('tariff_new_version').click()
  await fill({ bill_price: '0.6' })
  await button('action_save', dialog).click()
  await page.getByText(w('tariff_future')).waitFor()
  await button('tariff_new_version').click()
  await button('action_save', dialog).click()
  await dialog.getByText(w('error_tariff_version_exists')).waitFor()
  await page.keyboard.press('Escape')
  await button('tariff_new_version').click()
  expect(await dialog.getByRole('alert').count()).toBe(0)
  await page.keyboard.press('Escape')
})

test('a run is previewed and issued', async () => {
  const reads = [
    [month.fromMs, 100_000],
    [month.fromMs + 10 * day, 110_000],
    [month.toMs, 120_050],
  ] as const
  expect(await gateway.send(readingsOf(point, reads))).toBe('committed')
  await usageKnown('E-1')
  await page.goto(`${url}/bills`)
  await button('run_new').first().click()
  await button('run_preview', dialog).click()
  await page.waitForURL(/\/bills\/runs\//)
  await button('run_issue').click()
  await button('run_issue', dialog).click()
  await page.getByText(w('run_issued'), { exact: true }).first().waitFor()
  await page.locator('tbody a[href^="/bills/"]').first().click()
  // 200.50 kWh at 0.5 yuan
  await expect.poll(() => page.locator('[data-bill-amount]').innerText()).toContain('100.25')
})

test('an index that goes back is held until the replacement is recorded; before the first meter there is nothing', async () => {
  // Within this month, however young it is.
  const at = (share: number) => month.toMs + Math.floor((Date.now() - month.toMs) * share)
  const reads = [
    [at(0.3), 120_060],
    [at(0.6), 500],
    [at(0.9), 501],
  ] as const
  expect(await gateway.send(readingsOf(point, reads))).toBe('committed')
  const found = await pointCalled('E-1')
  await page.goto(`${url}/meters/${found.id}`)
  await page.getByText(w('meter_held_title')).waitFor()
  const banner = page.getByRole('alert')
  await button('meter_replace', banner).click()
  expect(await dialog.getByLabel(w('replace_final').split('{')[0]!).inputValue()).toBe('1200.6')
  await fill({ replace_serial: 'SN-2', replace_initial: '5' })
  await button('action_save', dialog).click()
  await banner.waitFor({ state: 'detached' })
  const detail = await hub.call('GET /api/metering-points/:id', { params: { id: found.id } })
  expect(detail.held).toEqual([])
  expect(detail.installations.map(({ serial }) => serial).sort()).toEqual(['SN-1', 'SN-2'])

  await page.goto(`${url}/meters/${found.id}?by=month`)
  const chart = page.locator('svg[role=img]').first()
  await chart.waitFor()
  const gaps = await chart.locator('rect[fill*="-gap"]').count()
  expect(gaps).toBe(0)
})

test('what cannot be taken in waits in the quarantine, is tried again and thrown away with a reason', async () => {
  await gateway.publish(new TextEncoder().encode('{"v":1,"nonsense":true}'))
  await until('quarantine', 10_000, async () => {
    const { total } = await hub.call('GET /api/quarantine', { query: { state: 'open' } })
    return total > 0
  })
  await page.goto(`${url}/devices/quarantine`)
  await button('quarantine_replay').first().click()
  await page.getByRole('alert').first().waitFor()
  await button('quarantine_discard').first().click()
  expect(await button('quarantine_discard', dialog).isDisabled()).toBe(true)
  await fill({ quarantine_reason: '调试时误发' })
  await button('quarantine_discard', dialog).click()
  await page.getByText(w('quarantine_none')).waitFor()
})

test('a gateway goes away and comes back, while somebody looks', async () => {
  await page.goto(`${url}/devices/gateways/${gateway.id}`)
  const state = page.getByRole('main')
  await state.getByText(w('state_online')).first().waitFor()
  gateway.mqtt.stream.destroy()
  await state.getByText(w('state_offline')).first().waitFor()
  await gateway.connect()
  await state.getByText(w('state_online')).first().waitFor()
})

test('a user is made, and disabled', async () => {
  await page.goto(`${url}/system`)
  await button('user_new').click()
  await fill({ sign_in_username: 'zhang', user_display_name: '张三', sign_in_password: password })
  await button('action_save', dialog).click()
  await page.getByText('张三').waitFor()
  await new HubClient(url).signIn('zhang', password)
  await page.getByRole('button', { name: `${w('user_edit')} 张三` }).click()
  await dialog.getByLabel(w('user_disable')).check()
  await button('action_save', dialog).click()
  await page.locator('td').getByText(w('user_disabled')).waitFor()
  await expect(new HubClient(url).signIn('zhang', password)).rejects.toThrow(/auth\./)
})

test('a link opens in the project that it was copied in', async () => {
  await hub.call('POST /api/projects', {
    body: { code: 'OTHER', name: '另一个小区', timeZone: 'Asia/Shanghai' },
  })
  await page.goto(`${url}/meters?project=OTHER`)
  await page.getByText(w('meters_none')).waitFor()
  await page.goto(`${url}/meters?project=COURT&q=E-1`)
  await page.getByText('101 电表').first().waitFor()
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/meters\/[0-9a-f-]{36}\?project=COURT/)
  await page.goBack()
  expect(page.url()).toContain('project=COURT')
  await page.goto(`${url}/meters?project=NOWHERE`)
  await page.getByText(w('project_elsewhere')).waitFor()
})

test('half-typed forms do not go without a question', async () => {
  await page.goto(`${url}/estate?project=COURT`)
  await page.getByRole('link', { name: w('nav_tariffs') }).click()
  await button('tariff_new').click()
  await fill({ meters_name: '新价' })
  const asked: string[] = []
  page.once('dialog', (question) => {
    asked.push(question.message())
    void question.dismiss()
  })
  await page.evaluate('history.back()')
  await expect.poll(() => asked).toEqual([w('leave_unsaved')])
  expect(await dialog.getByLabel(w('meters_name')).inputValue()).toBe('新价')
  await button('action_cancel', dialog).click()
  expect(pageErrors).toEqual([])
})

function dayText(atMs: number): string {
  return new Date(atMs + 8 * 3_600_000).toISOString().slice(0, 10)
}

async function pointCalled(code: string) {
  const { items } = await hub.call('GET /api/metering-points', { query: { projectId, q: code } })
  return items.find((item) => item.code === code)!
}

/** Waits until last month's usage of a metering point is known to the last day. */
async function usageKnown(code: string): Promise<void> {
  const { id } = await pointCalled(code)
  const span = { from: dayText(month.fromMs), to: dayText(month.toMs - day) }
  await until('usage', 20_000, async () => {
    const { intervals } = await hub.call('GET /api/metering-points/:id/usage', {
      params: { id },
      query: { granularity: 'month', ...span },
    })
    return intervals[0]?.usage === '200.50'
  })
}
