import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { chromium, type Browser, type Page } from 'playwright-core'
import { root } from './processes.ts'

const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  process.env['CHROMIUM'],
]

export function openBrowser(): Promise<Browser> {
  const executablePath = places.find((path) => path !== undefined && existsSync(path))
  if (!executablePath)
    throw new Error('no Chromium found: install the package chromium, or set CHROMIUM to its path')
  return chromium.launch({ executablePath, args: ['--no-sandbox'] })
}

/** The console's words in Chinese, its first language, by key. */
export function words(): Record<string, string> {
  return JSON.parse(readFileSync(join(root, 'ui/messages/zh-CN.json'), 'utf8')) as Record<string, string>
}

const axeFile = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

/** What axe-core finds on the page that is serious or critical: rule and the elements; `colours`: contrast alone. */
export async function seriousFindings(page: Page, colours = false): Promise<string[]> {
  // Through the inspector, which the page's content security policy does not concern.
  if (!(await page.evaluate<boolean>(`'axe' in globalThis`)))
    await page.evaluate(readFileSync(axeFile, 'utf8'))
  const found = await page.evaluate(
    async (rules) => {
      type Axe = {
        run(
          options: object,
        ): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }>
      }
      const { violations } = await (globalThis as unknown as { axe: Axe }).axe.run(
        // What passes is not told in full: it takes most of the time
        { resultTypes: ['violations'], ...(rules ? { runOnly: { type: 'rule', values: rules } } : {}) },
      )
      return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`)
    },
    colours ? ['color-contrast'] : null,
  )
  return found
}

/** Every place that the navigation of the console leads to, also the pages of the system. */
async function placesOf(page: Page, origin: string): Promise<string[]> {
  const links = (selector: string): Promise<string[]> =>
    page
      .locator(selector)
      .evaluateAll((found) =>
        found.map((link) => new URL((link as unknown as { href: string }).href).pathname),
      )
  await page.goto(`${origin}/system/dictionaries`)
  await page.locator('main h1:visible').first().waitFor()
  return [...new Set([...(await links('aside nav a[href]')), ...(await links('main nav a[href]'))])]
}

/** By a link that is there, as people do; else by the address, which loads the whole console again. */
async function goTo(page: Page, origin: string, place: string): Promise<void> {
  const followed = await page.evaluate<boolean>(`(() => {
    const link = [...document.querySelectorAll('nav a[href]')].find((one) => one.pathname === ${JSON.stringify(place)})
    if (link) for (const head of document.querySelectorAll('main :is(h1, h2)')) head.dataset.left = ''
    link?.click()
    return link !== undefined
  })()`)
  if (!followed) await page.goto(origin + place)
  await page.waitForURL((url) => url.pathname === place)
  // The page before must be gone, or it would be looked at twice and the new one not at all
  await page.locator('main [data-left]').first().waitFor({ state: 'detached' })
}

/** At once: colours that pass into each other for a moment would be looked at on their way. */
async function useTheme(page: Page, theme: 'light' | 'dark'): Promise<void> {
  await page.evaluate(`new Promise((drawn) => {
    if (document.adoptedStyleSheets.length === 0) {
      const still = new CSSStyleSheet()
      still.replaceSync('*, *::before, *::after { transition: none !important; animation: none !important }')
      document.adoptedStyleSheets = [still]
    }
    document.documentElement.dataset.theme = '${theme}'
    requestAnimationFrame(() => requestAnimationFrame(drawn))
  })`)
}

/**
 * Goes to every place of the navigation and those named besides, in both themes. For a page that is signed in and wide.
 * @returns what axe-core finds there that is serious, with place and theme.
 */
export async function findingsOfAllPlaces(
  page: Page,
  origin: string,
  besides: readonly string[],
): Promise<string[]> {
  const findings: string[] = []
  for (const place of new Set([...(await placesOf(page, origin)), ...besides])) {
    await goTo(page, origin, place)
    await page.locator('main :is(h1, h2):visible').first().waitFor()
    await page
      .locator('main :not([data-example]) > .skeleton, [aria-busy=true]:not([data-example])')
      .first()
      .waitFor({ state: 'detached', timeout: 5_000 })
      .catch(() => null)
    const note = (theme: string, found: string[]): void =>
      void findings.push(...found.map((finding) => `${place} (${theme}) ${finding}`))
    for (const theme of ['light', 'dark'] as const) {
      await useTheme(page, theme)
      note(theme, await seriousFindings(page, theme === 'dark'))
    }
  }
  return findings
}
