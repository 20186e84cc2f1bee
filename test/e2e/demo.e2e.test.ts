/** The whole product as a person meets it: fresh folder, start, sign in, live values, billing, and the numbers. */
import type { Bill } from '@courtyard/protocols/contract'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { lastMonth } from '../../demo/calendar.ts'
import type { HubClient } from '../../demo/hub-client.ts'
import type { SimulatedMeter, SimulatedSite, SimulatorControl } from '../../demo/simulated-site.ts'
import { findingsOfAllPlaces, openBrowser, words } from '../support/browser.ts'
import { RunningDemo, temporaryFolder } from '../support/demo.ts'
import {
  commercialElectricityCents,
  flatCents,
  residentialElectricityCents,
  residentialWaterCents,
  usageOf,
  yuan,
} from './expected-bills.ts'

const month = lastMonth(Date.now())
const m = words()
let folder: Awaited<ReturnType<typeof temporaryFolder>>
let demo: RunningDemo
let browser: Browser
let page: Page
let hub: HubClient
let simulator: SimulatorControl
let site: SimulatedSite
const pageErrors: string[] = []

beforeAll(async () => {
  folder = await temporaryFolder()
  demo = await RunningDemo.start(folder.path)
  browser = await openBrowser()
  page = await browser.newPage({ viewport: { width: 1440, height: 900 }, locale: 'zh-CN' })
  page.on('pageerror', (error) => pageErrors.push(error.message))
  page.setDefaultTimeout(20_000)
})

afterAll(async () => {
  await browser?.close()
  await demo?.program.stop(10_000)
  await folder?.remove()
})

function meterOf(accountNumber: string, medium: SimulatedMeter['medium']): SimulatedMeter {
  const account = [...site.households, ...site.shops].find(({ code }) => code === accountNumber)!
  return site.meters.find(
    (meter) => meter.building === account.building && meter.room === account.room && meter.medium === medium,
  )!
}

async function billsOf(itemCode: string): Promise<Bill[]> {
  const projectId = (await hub.call('GET /api/projects'))[0]!.id
  const { items } = await hub.call('GET /api/bills', {
    query: { projectId, pageSize: 500, status: 'issued' },
  })
  return items.filter((bill) => bill.item.code === itemCode)
}

test('sign in, and a value changes before the eyes', async () => {
  const password = await demo.password()
  await demo.saw('the first live readings are in', 120_000)
  await page.goto(`${demo.url}/`)
  await page.fill('input[name=username]', 'admin')
  await page.fill('input[name=password]', password)
  await page.getByRole('button', { name: m['sign_in_button']! }).click()
  await page.waitForURL((url) => url.pathname === '/')
  hub = await demo.signedIn('clerk')
  simulator = await demo.simulator()
  site = await simulator.site()
  const engineer = await demo.signedIn('engineer')
  const device = (await engineer.call('GET /api/devices', { query: {} })).find(
    ({ key }) => key === 'b1-0101-e',
  )!
  await page.goto(`${demo.url}/devices/${device.id}`)
  const values = page.locator('[data-live-value]')
  await values.first().waitFor()
  const before = await values.allInnerTexts()
  expect(before.length).toBeGreaterThan(5)
  await expect.poll(() => values.allInnerTexts(), { timeout: 30_000 }).not.toEqual(before)
})

test("last month's electricity bills equal the ground truth", async () => {
  await demo.saw('the demo is ready', 200_000)
  const bills = await billsOf('electricity')
  expect(bills).toHaveLength(site.households.length + site.shops.length)
  for (const bill of bills) {
    const meter = meterOf(bill.household.accountNumber, 'electricity')
    const expected =
      meter.role === 'shop'
        ? await commercialElectricityCents(simulator, meter, month)
        : residentialElectricityCents(await usageOf(simulator, meter, month))
    expect([bill.household.accountNumber, bill.amount]).toEqual([
      bill.household.accountNumber,
      yuan(expected),
    ])
    expect(bill.estimated).toBe(false)
  }
})

test("last month's water bills equal the ground truth", async () => {
  const bills = await billsOf('water')
  expect(bills).toHaveLength(site.households.length + site.shops.length)
  for (const bill of bills) {
    const meter = meterOf(bill.household.accountNumber, 'water')
    const usage = await usageOf(simulator, meter, month)
    const expected = meter.role === 'shop' ? flatCents(usage, '9') : residentialWaterCents(usage)
    expect([bill.household.accountNumber, bill.amount]).toEqual([
      bill.household.accountNumber,
      yuan(expected),
    ])
  }
})

test('preview and issue a run in the browser, open a bill and unfold how it was computed', async () => {
  await page.goto(`${demo.url}/bills`)
  await page.getByRole('button', { name: m['run_new']! }).first().click()
  const dialog = page.getByRole('dialog')
  await dialog.locator('select').selectOption({ label: '燃气费' })
  await dialog.getByRole('button', { name: m['run_preview']! }).click()
  await page.waitForURL(/\/bills\/runs\//)
  await page.getByRole('button', { name: m['run_issue']!, exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: m['run_issue']!, exact: true }).click()
  await page.getByText(m['run_issued']!, { exact: true }).first().waitFor()
  await page.locator('tbody a[href^="/bills/"]').first().click()
  await page.waitForURL(/\/bills\/[0-9a-f-]{36}/)
  const bill = await hub.call('GET /api/bills/:id', {
    params: { id: new URL(page.url()).pathname.split('/').at(-1)! },
  })
  const meter = meterOf(bill.household.accountNumber, 'gas')
  const expected = yuan(flatCents(await usageOf(simulator, meter, month), '3'))
  await expect.poll(() => page.locator('[data-bill-amount]').innerText()).toContain(expected)
  expect(bill.number).not.toBeNull()

  const trace = page.locator('[data-trace]')
  const folded = trace.locator('details:not([open]) > summary')
  while ((await folded.count()) > 0) await folded.first().click()
  const told = (await trace.innerText()).replaceAll(',', '')
  for (const [at, boundary] of [
    [month.fromMs, bill.segments[0]!.from],
    [month.toMs, bill.segments[0]!.to],
  ] as const) {
    const shown = (await simulator.truth(meter.key, new Date(at)))['volume']!
    expect(told).toContain(shown)
    expect(boundary).toMatchObject({ index: shown, method: 'read' })
  }
  expect(told).toContain(meter.serial)
  await trace
    .getByRole('button', { name: `#${bill.segments[0]!.from.reads[0]!.batchId}` })
    .first()
    .click()
  await page
    .getByRole('dialog')
    .getByText(/[0-9a-f]{16,}/)
    .first()
    .waitFor()
  await page.keyboard.press('Escape')
})

test('no serious finding of axe-core on any page, in both themes', async () => {
  const bill = (await billsOf('electricity'))[0]!
  expect(await findingsOfAllPlaces(page, demo.url, [`/bills/${bill.id}`, '/design'])).toEqual([])
  expect(pageErrors).toEqual([])
})

test('Ctrl-C stops everything in eight seconds, and the next start goes on where it was', async () => {
  const before = (await billsOf('electricity')).map(({ number }) => number).sort()
  const password = await demo.password()
  const { code, ms } = await demo.interrupt()
  expect(code).toBe(0)
  expect(ms).toBeLessThan(8_500)
  demo = await RunningDemo.start(folder.path)
  await demo.saw('the demo is ready', 120_000)
  expect(await demo.password()).toBe(password)
  hub = await demo.signedIn('clerk')
  expect((await billsOf('electricity')).map(({ number }) => number).sort()).toEqual(before)
})
