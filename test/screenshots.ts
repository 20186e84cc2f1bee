/**
 * Photographs every page of a running console: 1440 and 390 px, both languages, light and dark.
 *
 *   node test/screenshots.ts --url http://localhost:8080 --user admin --password … [--out folder] [--only bills]
 *
 * Prints one line per picture, and every error that a page reported.
 */
import { mkdir, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'

const { values: options } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://localhost:8080' },
    user: { type: 'string', default: 'admin' },
    password: { type: 'string', default: '' },
    out: { type: 'string', default: '' },
    only: { type: 'string', default: '' },
    /** Only one look, such as `wide-zh-light`. */
    look: { type: 'string', default: '' },
    browser: { type: 'string', default: '/usr/bin/chromium' },
  },
})

interface Shot {
  readonly name: string
  readonly path: string
}
interface Look {
  readonly name: string
  readonly width: number
  readonly height: number
  readonly locale: 'zh-CN' | 'en'
  readonly theme: 'light' | 'dark'
}

const looks: readonly Look[] = (['wide', 'phone'] as const).flatMap((size) =>
  (['zh-CN', 'en'] as const).flatMap((locale) =>
    (['light', 'dark'] as const).map((theme) => ({
      name: `${size}-${locale === 'en' ? 'en' : 'zh'}-${theme}`,
      width: size === 'wide' ? 1440 : 390,
      height: size === 'wide' ? 900 : 844,
      locale,
      theme,
    })),
  ),
)

/** First id of a list that the hub answers, or null when there is none. */
async function firstId(page: Page, path: string, pick = 0): Promise<string | null> {
  return page.evaluate(
    async ([address, index]) => {
      const body = (await (await fetch(address)).json()) as { items?: { id: string }[] } | { id: string }[]
      const items = Array.isArray(body) ? body : (body.items ?? [])
      return items[Math.min(index, items.length - 1)]?.id ?? null
    },
    [path, pick] as const,
  )
}

/** Every page of the console, with one example of each kind of thing. */
async function shotsOf(page: Page): Promise<Shot[]> {
  const project = await page.evaluate(async () => {
    const body = (await (await fetch('/api/auth/session')).json()) as { projects: { id: string }[] }
    return body.projects[0]?.id ?? ''
  })
  const found = {
    meter: await firstId(page, `/api/metering-points?projectId=${project}&medium=electricity`, 12),
    device: await firstId(page, `/api/devices?projectId=${project}`, 3),
    gateway: await firstId(page, `/api/gateways?projectId=${project}`),
    run: await firstId(page, `/api/bill-runs?projectId=${project}`),
    bill: await firstId(page, `/api/bills?projectId=${project}&status=issued&sort=-amount`, 20),
    building: await firstId(page, `/api/buildings?projectId=${project}`),
    room: await firstId(page, `/api/rooms?projectId=${project}`),
    household: await firstId(page, `/api/projects/${project}/households`),
    party: await firstId(page, `/api/parties?projectId=${project}`),
    vehicle: await firstId(page, `/api/vehicles?projectId=${project}`),
    batch: await firstId(page, `/api/projects/${project}/handover-batches`),
    permit: await firstId(page, `/api/fit-out-permits?projectId=${project}`),
    process: await firstId(page, `/api/processes?projectId=${project}`),
    webhook: await firstId(page, '/api/webhooks'),
  }
  const detail = (name: string, folder: string, id: string | null): Shot[] =>
    id === null ? [] : [{ name, path: `${folder}/${id}` }]
  return [
    { name: 'overview', path: '/' },
    { name: 'devices', path: '/devices' },
    ...detail('device', '/devices', found.device),
    { name: 'gateways', path: '/gateways' },
    ...detail('gateway', '/gateways', found.gateway),
    ...detail('gateway-config', '/gateways', found.gateway && `${found.gateway}?tab=config`),
    ...detail('gateway-buses', '/gateways', found.gateway && `${found.gateway}?tab=config&part=buses`),
    ...detail('gateway-log', '/gateways', found.gateway && `${found.gateway}?tab=log`),
    ...detail('gateway-certificate', '/gateways', found.gateway && `${found.gateway}?tab=certificate`),
    { name: 'events', path: '/events' },
    { name: 'commands', path: '/commands' },
    { name: 'quarantine', path: '/devices/quarantine' },
    { name: 'meters', path: '/meters' },
    ...detail('meter', '/meters', found.meter),
    { name: 'bills', path: '/bills' },
    { name: 'bills-all', path: '/bills?tab=bills' },
    ...detail('run', '/bills/runs', found.run),
    ...detail('bill', '/bills', found.bill),
    { name: 'tariffs', path: '/tariffs' },
    { name: 'estate', path: '/estate' },
    ...detail('building', '/estate/buildings', found.building),
    { name: 'wizard', path: '/estate/wizard' },
    { name: 'rooms', path: '/rooms' },
    ...detail('room', '/rooms', found.room),
    { name: 'households', path: '/households' },
    ...detail('household', '/households', found.household),
    { name: 'parties', path: '/parties' },
    ...detail('party', '/parties', found.party),
    { name: 'vehicles', path: '/vehicles' },
    ...detail('vehicle', '/vehicles', found.vehicle),
    { name: 'handover', path: '/handover' },
    ...detail('handover-batch', '/handover', found.batch),
    { name: 'defects', path: '/handover/defects' },
    { name: 'fit-out', path: '/fit-out' },
    ...detail('permit', '/fit-out', found.permit),
    { name: 'announcements', path: '/announcements' },
    { name: 'office-contacts', path: '/office-contacts' },
    { name: 'lost-items', path: '/lost-items' },
    { name: 'calls', path: '/calls' },
    { name: 'reading-routes', path: '/reading-routes' },
    { name: 'staff', path: '/app' },
    { name: 'manager', path: '/manager' },
    { name: 'wall', path: '/wall' },
    { name: 'tasks', path: '/tasks' },
    ...detail('process', '/processes', found.process),
    { name: 'messages', path: '/messages' },
    { name: 'reminders', path: '/reminders' },
    { name: 'organisation', path: '/system/organisation' },
    { name: 'roles', path: '/system/roles' },
    { name: 'system-messages', path: '/system/messages' },
    { name: 'processes', path: '/system/processes' },
    { name: 'dictionaries', path: '/system/dictionaries' },
    { name: 'custom-fields', path: '/system/custom-fields' },
    { name: 'numbering', path: '/system/numbering' },
    { name: 'print-templates', path: '/system/print-templates' },
    ...detail('print-bill', '/print/bills', found.bill),
    { name: 'settings', path: '/system/settings' },
    { name: 'backups', path: '/system/backups' },
    { name: 'design', path: '/design' },
    { name: 'users', path: '/system' },
    { name: 'audit', path: '/system/logs' },
    { name: 'sign-ins', path: '/system/logs?tab=sign-ins' },
    { name: 'api-keys', path: '/system/api-keys' },
    { name: 'webhooks', path: '/system/webhooks' },
    ...detail('webhook', '/system/webhooks', found.webhook),
    { name: 'health', path: '/system?tab=health' },
  ].filter((shot) => options.only === '' || options.only.split(',').includes(shot.name))
}

async function contextOf(browser: Browser, look: Look): Promise<BrowserContext> {
  const context = await browser.newContext({
    baseURL: options.url,
    viewport: { width: look.width, height: look.height },
    colorScheme: look.theme,
    reducedMotion: 'reduce',
  })
  await context.addInitScript(
    ([locale, theme]) => {
      localStorage.setItem('courtyard.locale', locale)
      localStorage.setItem('courtyard.theme', theme)
    },
    [look.locale, look.theme] as const,
  )
  return context
}

async function signIn(page: Page): Promise<void> {
  await page.goto('/sign-in')
  await page.locator('input[name=username]').fill(options.user)
  await page.locator('input[name=password]').fill(options.password)
  await page.locator('form button').click()
  await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'))
}

async function photograph(page: Page, shot: Shot, look: Look, folder: string): Promise<void> {
  await page.goto(shot.path, { waitUntil: 'domcontentloaded' })
  await page.locator('h1').first().waitFor({ state: 'attached' })
  await page
    .locator('.skeleton')
    .first()
    .waitFor({ state: 'detached', timeout: 8000 })
    .catch(() => process.stdout.write(`  ${shot.name}: still loading after 8 s\n`))
  await page.waitForTimeout(400)
  const path = join(folder, `${shot.name}-${look.name}.png`)
  // A page wider than the screen would scroll sideways: never wanted.
  const wider = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')
  if (wider > 0) process.stdout.write(`  ${shot.name}: ${wider} px wider than the screen\n`)
  await page.screenshot({ path, fullPage: look.width < 600 })
  process.stdout.write(`${path}\n`)
}

const folder = options.out || (await mkdtemp(join(tmpdir(), 'courtyard-shots-')))
await mkdir(folder, { recursive: true })
const browser = await chromium.launch({ executablePath: options.browser, args: ['--no-sandbox'] })
try {
  let state: Awaited<ReturnType<BrowserContext['storageState']>> | undefined
  let shots: Shot[] = []
  for (const look of looks.filter((each) => options.look === '' || each.name === options.look)) {
    const context = await contextOf(browser, look)
    const page = await context.newPage()
    page.on('pageerror', (error) => process.stdout.write(`  error: ${error.message}\n`))
    page.on('console', (message) => {
      if (message.type() === 'error') process.stdout.write(`  console: ${message.text()}\n`)
    })
    if (state) await context.addCookies(state.cookies)
    else {
      await page.goto('/sign-in')
      await page.locator('input[name=username]').waitFor()
      await page.screenshot({ path: join(folder, `sign-in-${look.name}.png`) })
      await signIn(page)
      state = await context.storageState()
      shots = await shotsOf(page)
    }
    for (const shot of shots) await photograph(page, shot, look, folder)
    await context.close()
  }
} finally {
  await browser.close()
}
