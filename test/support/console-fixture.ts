/** A hub in this process with the built console, and browsers that are signed in: for tests that need no devices. */
import type { Browser, Page } from 'playwright-core'
import type { BuiltinRole } from '../../hub/src/platform/auth/builtin-roles.ts'
import {
  startTestHub,
  type NarrowedScope,
  type TestClient,
  type TestHub,
} from '../../hub/src/platform/testing.ts'
import { openBrowser } from './browser.ts'

export interface Visitor {
  readonly page: Page
  /** The same person over HTTP. */
  readonly client: TestClient
}

export class ConsoleFixture {
  readonly hub: TestHub
  readonly projectId: string
  /** What pages threw; to be empty at the end. */
  readonly pageErrors: string[] = []
  private readonly browser: Browser

  private constructor(hub: TestHub, browser: Browser, projectId: string) {
    this.hub = hub
    this.browser = browser
    this.projectId = projectId
  }

  static async open(): Promise<ConsoleFixture> {
    const hub = await startTestHub()
    try {
      const admin = await hub.as('administrator')
      const body = { code: 'COURT', name: '测试小区', timeZone: 'Asia/Shanghai' }
      const { id } = await admin.call('POST /api/projects', { body })
      return new ConsoleFixture(hub, await openBrowser(), id)
    } catch (error) {
      await hub.stop()
      throw error
    }
  }

  /** A new person with a window of its own, in Chinese; `phone` for one of 390 px. */
  async visit(
    role: BuiltinRole,
    options: { phone?: boolean; projectIds?: readonly string[]; narrowed?: NarrowedScope } = {},
  ): Promise<Visitor> {
    const client = await this.hub.as(role, options.projectIds, options.narrowed)
    const page = await this.window(options)
    const secret = /courtyard=([^;]+)/.exec(client.headers['cookie'] ?? '')?.[1] ?? ''
    await page.context().addCookies([{ name: 'courtyard', value: secret, url: this.hub.url, httpOnly: true }])
    return { page, client }
  }

  /** A window of somebody who has not signed in. */
  async window(options: { phone?: boolean } = {}): Promise<Page> {
    const context = await this.browser.newContext({
      baseURL: this.hub.url,
      locale: 'zh-CN',
      reducedMotion: 'reduce',
      viewport: options.phone ? { width: 390, height: 844 } : { width: 1440, height: 900 },
    })
    const page = await context.newPage()
    page.on('pageerror', (error) => this.pageErrors.push(error.message))
    page.setDefaultTimeout(15_000)
    return page
  }

  async close(): Promise<void> {
    await this.browser.close()
    await this.hub.stop()
  }
}
