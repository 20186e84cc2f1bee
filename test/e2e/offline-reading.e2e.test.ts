/**
 * Meters read in a cellar without network: three readings with a photo survive the closing of the page, reach the hub
 * once although it is killed between storing one and saying so, and are seen in the console.
 */
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { HubClient } from '../../demo/hub-client.ts'
import { openBrowser, seriousFindings, words } from '../support/browser.ts'
import { temporaryFolder } from '../support/demo.ts'
import { freePort, root, startProgram, until, type RunningProgram } from '../support/processes.ts'

const m = words()
const w = (key: string): string => m[key] ?? expect.unreachable(`no word ${key}`)
const password = 'not-a-secret-here'
const picture = join(root, 'ui/static/staff-icon-512.png')
const pageErrors: string[] = []
let folder: Awaited<ReturnType<typeof temporaryFolder>>
let port: number
let program: RunningProgram
let browser: Browser
let phone: BrowserContext
let page: Page
let hub: HubClient
let taskId: string
let pointIds: string[]

/** Runs in the page: every file that it has loaded is in the cache of the service worker. */
const isKept = `(async () => {
  const cache = await caches.open('courtyard-app-1')
  const kept = new Set((await cache.keys()).map(({ url }) => new URL(url).pathname))
  const loaded = performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname)
  const needed = loaded.filter((path) => path.startsWith('/_app/immutable/'))
  return navigator.serviceWorker.controller !== null && needed.every((path) => kept.has(path))
})()`

const url = () => `http://127.0.0.1:${port}`
const startHub = () =>
  startProgram(['hub/src/main.ts'], {
    env: {
      COURTYARD_DATA: folder.path,
      PORT: String(port),
      MQTT_PORT: '0',
      MQTT_TLS_PORT: '0',
      LOG_LEVEL: 'warn',
    },
  })

beforeAll(async () => {
  folder = await temporaryFolder()
  port = await freePort()
  program = startHub()
  browser = await openBrowser()
  const token = await until(
    'link',
    60_000,
    () => /\/setup\?token=([\w-]+)/.exec(program.output())?.[1] ?? null,
  )
  hub = new HubClient(url())
  await hub.setUp({ token, username: 'boss', displayName: '老板', password })
  await makeRound()
  phone = await browser.newContext({
    baseURL: url(),
    locale: 'zh-CN',
    viewport: { width: 390, height: 844 },
    reducedMotion: 'reduce',
  })
  await openPage()
}, 120_000)

afterAll(async () => {
  await browser?.close()
  await program?.stop(8_000)
  await folder?.remove()
})

async function makeRound(): Promise<void> {
  const { id } = await hub.call('POST /api/projects', {
    body: { code: 'COURT', name: '梧桐苑', timeZone: 'Asia/Shanghai' },
  })
  const params = { id }
  const rooms = [
    'building,buildingName,room,kind,floor,areaM2,accountNumber,householdName,householdKind',
    ...[1, 2, 3].map((floor) => `B1,1 栋,${floor}01,flat,${floor},80,,,`),
  ]
  const meters = [
    'code,name,medium,role,building,room,serial,unit,scale,digits,installedAt,initialIndex',
    ...[1, 2, 3].map((n) => `W-${n}01,${n}01 水表,water,household,B1,${n}01,S${n}01,m³,2,7,2026-01-01,100`),
  ]
  await hub.call('POST /api/projects/:id/rooms/import', { params, csv: rooms.join('\n') })
  await hub.call('POST /api/projects/:id/meters/import', { params, csv: meters.join('\n') })
  const points = await hub.call('GET /api/projects/:id/reading-points', { params })
  pointIds = points.map((point) => point.id)
  const reader = (await hub.call('GET /api/auth/session')).user.id
  const body = { name: '北区水表', dueDay: 25, assigneeId: reader, pointIds }
  const route = await hub.call('POST /api/projects/:id/reading-routes', { params, body })
  const month = new Date().toISOString().slice(0, 7)
  const task = await hub.call('POST /api/reading-routes/:id/tasks', {
    params: { id: route.id },
    body: { month, assigneeId: reader },
  })
  taskId = task.id
}

async function openPage(): Promise<void> {
  page = await phone.newPage()
  page.on('pageerror', (error) => pageErrors.push(error.message))
  page.setDefaultTimeout(15_000)
}

const button = (key: string) => page.getByRole('button', { name: w(key), exact: true })
const unsent = (count: number) => page.getByText(w('rr_unsent').replace('{count}', String(count)))

/** Types a reading with a photo and goes on to the next meter. */
async function read(index: string): Promise<void> {
  for (const key of index) await page.getByRole('button', { name: key, exact: true }).click()
  await page.locator('input[type=file]').setInputFiles(picture)
  await page.getByText(w('rr_photo_again')).waitFor()
  await button('rr_save').click()
}

test('the round is opened once with network, and is then on the phone', async () => {
  await page.goto('/app')
  await page.getByLabel(w('sign_in_username')).fill('boss')
  await page.getByLabel(w('sign_in_password')).fill(password)
  await button('sign_in_button').click()
  await page.getByText('北区水表').waitFor()
  expect(await seriousFindings(page)).toEqual([])
  await until('kept on the phone', 30_000, () => page.evaluate<boolean>(isKept))
})

test('without network three meters are read; a reading that cannot be is asked about', async () => {
  await phone.setOffline(true)
  await page.reload()
  await page.getByText('北区水表').click()
  await page.getByRole('link', { name: new RegExp(w('rr_next')) }).click()
  await page.getByText('1 / 3', { exact: true }).waitFor()
  await page.getByText('1 栋 · 1 层 · 101').waitFor()
  expect(await seriousFindings(page)).toEqual([])
  await read('99')
  await page.getByRole('dialog').getByText(w('rr_doubt_back')).waitFor()
  await button('rr_doubt_again').click()
  for (let digit = 0; digit < 2; digit++) await button('rr_delete').click()
  await read('112.5')
  await page.getByText('1 栋 · 2 层 · 201').waitFor()
  await read('120.25')
  await page.getByText('1 栋 · 3 层 · 301').waitFor()
  await read('98.00')
  await page.getByLabel(w('rr_doubt_note')).fill('表盘换过')
  await button('rr_doubt_keep').click()
  await page.getByText(w('rr_all_read'), { exact: true }).waitFor()
  await unsent(3).waitFor()
}, 60_000)

test('closed and opened again without network, everything is still there', async () => {
  await page.close()
  await openPage()
  await page.goto('/app/queue')
  await unsent(3).waitFor()
  expect(await page.locator('article').count()).toBe(3)
  expect(await page.locator('article img').count()).toBe(3)
  expect(await seriousFindings(page)).toEqual([])
})

test('the hub is killed after it has stored a reading and before it could say so: each is there once', async () => {
  let arrived = 0
  await page.route('**/api/reading-entries', async (route) => {
    arrived++
    if (arrived !== 2) return route.continue()
    await route.fetch()
    await program.kill()
    await route.abort('connectionreset')
  })
  await phone.setOffline(false)
  await until('second entry', 30_000, () => arrived === 2 && unsent(2).isVisible())
  await page.unroute('**/api/reading-entries')
  program = startHub()
  await until('hub', 60_000, async () => (await fetch(`${url()}/api/health`)).ok)
  await page.getByText(w('rr_all_sent')).waitFor({ timeout: 40_000 })

  const task = await hub.call('GET /api/reading-tasks/:id', { params: { id: taskId } })
  expect(task.points.map(({ state, entries }) => [state, entries.length])).toEqual(
    new Array(3).fill(['read', 1]),
  )
  const found = []
  for (const id of pointIds) {
    const answer = await hub.call('GET /api/metering-points/:id/reads', {
      params: { id },
      query: { limit: 10 },
    })
    found.push(answer.reads.map(({ index, source, photo, note }) => [index, source, photo, note]))
  }
  expect(found).toEqual([
    [['112.50', 'phone', true, null]],
    [['120.25', 'phone', true, null]],
    [['98.00', 'phone', true, '表盘换过']],
  ])
}, 120_000)

test('the office sees the readings with their photos', async () => {
  const office = await browser.newPage({ viewport: { width: 1440, height: 900 }, locale: 'zh-CN' })
  office.on('pageerror', (error) => pageErrors.push(error.message))
  office.setDefaultTimeout(15_000)
  await office.context().addCookies(await phone.cookies())
  await office.goto(`${url()}/reading-routes/tasks/${taskId}`)
  await office.getByText('112.5').first().waitFor()
  const photo = office.locator('img[src*="/photo"]').first()
  await until('photo', 10_000, () =>
    photo.evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth > 0),
  )
  expect(await seriousFindings(office)).toEqual([])
  expect(pageErrors).toEqual([])
})
