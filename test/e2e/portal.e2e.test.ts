/** An owner binds his phone and sees his bills down to the readings, on a phone, with and without network. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBrowser, seriousFindings, words } from '../support/browser.ts'
import { temporaryFolder } from '../support/demo.ts'
import { makePortalSite, type PortalSite } from '../support/portal-site.ts'
import { startProgram, until, type RunningProgram } from '../support/processes.ts'

const m = words()
const w = (key: string): string => m[key] ?? expect.unreachable(`no word ${key}`)
let folder: Awaited<ReturnType<typeof temporaryFolder>>
let program: RunningProgram
let browser: Browser
let phone: BrowserContext
let page: Page
let url: string
let site: PortalSite
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
  const link = await until('link', 60_000, () => /http:\/\/\S+\/setup\?token=\S+/.exec(program.output())?.[0])
  url = new URL(link).origin
  site = await makePortalSite(url, new URL(link).searchParams.get('token')!)
  browser = await openBrowser()
  phone = await newPhone()
  page = await phone.newPage()
  page.on('pageerror', (error) => pageErrors.push(error.message))
}, 150_000)

afterAll(async () => {
  await browser?.close()
  await site?.stop()
  await program?.stop(8_000)
  await folder?.remove()
})

/** Evaluated in the page, whose names this side does not know. */
const KEPT_FILES = `caches.keys()
  .then((names) => Promise.all(names.map((name) => caches.open(name).then((cache) => cache.keys()))))
  .then((all) => all.flat().length)`

async function newPhone(): Promise<BrowserContext> {
  const context = await browser.newContext({
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    locale: 'zh-CN',
  })
  context.setDefaultTimeout(15_000)
  return context
}

/** Messages that left the hub over the file transport. */
function sent(to: string): string[] {
  const messages = join(folder.path, 'messages')
  if (!existsSync(messages)) return []
  return readdirSync(messages)
    .flatMap((file) => readFileSync(join(messages, file), 'utf8').trim().split('\n'))
    .filter((line) => line.includes(to))
}

const codeSentTo = (to: string): Promise<string> =>
  until('code', 20_000, () => sent(to).flatMap((line) => /\b\d{6}\b/.exec(line.replaceAll(to, '')) ?? [])[0])

async function signIn(on: Page, number: string): Promise<void> {
  await on.goto(`${url}/portal`)
  await on.getByLabel(w('portal_phone')).fill(number)
  await on.getByRole('button', { name: w('portal_send_code') }).click()
  await on.getByLabel(w('portal_code')).fill(await codeSentTo(number))
  await on
    .getByRole('link', { name: w('portal_nav_me'), exact: true })
    .last()
    .waitFor()
}

async function billOf(itemCode: string): Promise<string> {
  const { items } = await site.hub.call('GET /api/bills', {
    query: { projectId: site.projectId, q: '张伟', pageSize: 50 },
  })
  return items.find(({ item }) => item.code === itemCode)!.id
}

test('a phone on file is bound by the code that was sent to it, and the bill whose address stood on paper opens', async () => {
  const electricity = await billOf('electricity')
  await page.goto(`${url}/portal/bills/${electricity}`)
  await page.waitForURL(/\/portal\/sign-in/)
  expect(await seriousFindings(page)).toEqual([])
  await page.getByLabel(w('portal_phone')).fill('138 0000 0301')
  await page.getByRole('button', { name: w('portal_send_code') }).click()
  const code = await codeSentTo('138 0000 0301')
  await page.getByLabel(w('portal_code')).fill(code === '111111' ? '222222' : '111111')
  await page.getByText(w('portal_error_code')).waitFor()
  await page.getByLabel(w('portal_code')).fill(code)
  await page.waitForURL(`**/portal/bills/${electricity}`)
  await page.getByText(`¥${site.electricityAmount}`).first().waitFor()
  await page
    .getByRole('link', { name: w('portal_nav_home'), exact: true })
    .last()
    .click()
  await page.getByText(w('portal_hello').replace('{name}', '张伟')).waitFor()
  await page.getByText('3 栋 0301').waitFor()
  await page.getByText('周三上午停水检修').waitFor()
  expect(await seriousFindings(page)).toEqual([])
})

test('a bill unfolds to price and readings', async () => {
  await page
    .getByRole('link', { name: w('portal_nav_bills'), exact: true })
    .last()
    .click()
  await page.getByRole('link', { name: /电费/ }).click()
  await page.getByText(`¥${site.electricityAmount}`).first().waitFor()
  const lines = page.locator('details')
  await lines.first().waitFor()
  expect(await lines.count()).toBe(2)
  await lines.first().locator('summary').click()
  await lines.first().getByText(w('portal_read_feed')).first().waitFor()
  await lines.first().getByText('202600301').waitFor()
  expect(await seriousFindings(page)).toEqual([])
})

test('the office opens the photo of a reading behind a bill', async () => {
  const office = await browser.newContext({ baseURL: url, locale: 'zh-CN', reducedMotion: 'reduce' })
  const desk = await office.newPage()
  await desk.goto(`/bills/${await billOf('water')}`)
  await desk.getByLabel(w('sign_in_username')).fill('boss')
  await desk.getByLabel(w('sign_in_password')).fill('not-a-secret-here')
  await desk.getByRole('button', { name: w('sign_in_button'), exact: true }).click()
  const [opened] = await Promise.all([
    office.waitForEvent('page'),
    desk.getByRole('link', { name: w('rr_photo'), exact: true }).click(),
  ])
  const width = () => opened.evaluate<number>('document.images[0]?.naturalWidth ?? 0')
  await expect.poll(width, { timeout: 15_000 }).toBe(512)
  await office.close()
})

test('use by day and by month, with what is estimated told', async () => {
  await page
    .getByRole('link', { name: w('portal_nav_energy'), exact: true })
    .last()
    .click()
  await page.getByRole('button', { name: w('portal_period_before') }).click()
  await page.locator('svg[role=img]').waitFor()
  expect(await seriousFindings(page)).toEqual([])
  await page.getByRole('button', { name: w('medium_water') }).click()
  await expect.poll(() => page.locator('svg[role=img] rect[fill*="-hatch"]').count()).toBeGreaterThan(20)
  await page.getByRole('button', { name: w('portal_by_year') }).click()
  await page.getByText(w('portal_as_table')).click()
  await page.getByText('11.75').waitFor()
})

test('a family member is invited, sees what was given, and no more when it is ended', async () => {
  await page
    .getByRole('link', { name: w('portal_nav_me'), exact: true })
    .last()
    .click()
  expect(await seriousFindings(page)).toEqual([])
  await page.getByRole('button', { name: w('portal_family_add') }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel(w('portal_family_name')).fill('女儿')
  await dialog.getByLabel(w('portal_phone')).fill('13900000009')
  await dialog.getByLabel(w('portal_nav_bills')).uncheck()
  await dialog.getByRole('button', { name: w('portal_family_add') }).click()
  await page.getByText('139****0009').waitFor()

  const other = await newPhone()
  const daughter = await other.newPage()
  await until('invitation', 20_000, () => sent('13900000009')[0])
  await signIn(daughter, '13900000009')
  await daughter.getByText(w('portal_role_invited').replace('{name}', '张伟')).first().waitFor()
  expect(await daughter.getByRole('link', { name: w('portal_nav_bills'), exact: true }).count()).toBe(0)
  await page.getByRole('button', { name: `${w('portal_family_end')} 女儿` }).click()
  await dialog.getByRole('button', { name: w('portal_family_end') }).click()
  await page.getByText(w('portal_family_none')).waitFor()
  await daughter.goto(`${url}/portal`)
  await daughter.waitForURL(/\/portal\/sign-in/)
  await other.close()
})

test('without network it opens with what was seen last and its age; signing out leaves nothing', async () => {
  await page.goto(`${url}/portal`)
  await page.getByText('周三上午停水检修').waitFor()
  let before = 0
  await until('kept', 20_000, async () => {
    await page.waitForTimeout(500)
    const kept = await page.evaluate<number>(KEPT_FILES)
    const isSettled = kept > 20 && kept === before
    before = kept
    return isSettled || undefined
  })
  await phone.setOffline(true)
  await page.goto(`${url}/portal`)
  await page.getByText('周三上午停水检修').waitFor()
  await page.getByText(w('portal_offline').split('{')[0]!).first().waitFor()
  await page
    .getByRole('link', { name: w('portal_nav_bills'), exact: true })
    .last()
    .click()
  await page.getByRole('link', { name: /电费/ }).waitFor()
  await phone.setOffline(false)
  await page
    .getByRole('link', { name: w('portal_nav_me'), exact: true })
    .last()
    .click()
  await page.getByRole('button', { name: w('portal_sign_out'), exact: true }).click()
  await page.waitForURL(/\/portal\/sign-in/)
  const left = await page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes('portal')))
  expect(left).toEqual([])
  expect(pageErrors).toEqual([])
})
