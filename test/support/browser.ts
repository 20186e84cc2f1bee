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

/** What axe-core finds on the page that is serious or critical: rule and the elements. */
export async function seriousFindings(page: Page): Promise<string[]> {
  // Through the inspector, which the page's content security policy does not concern.
  await page.evaluate(readFileSync(axeFile, 'utf8'))
  const found = await page.evaluate(async () => {
    type Axe = { run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> }
    const { violations } = await (globalThis as unknown as { axe: Axe }).axe.run()
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`)
  })
  return found
}
