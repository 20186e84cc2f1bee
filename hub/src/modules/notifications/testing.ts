/** A hub with two projects and a stand-in for providers; deliveries go out when a test says so. */
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  ChannelSettings,
  type ChannelSettings as Settings,
  type MessageChannelView,
  type OutsideChannel,
} from '@courtyard/protocols/contract'
import { manualClock } from '../../platform/clock.ts'
import { notify, registerMessageTemplate, type Notification } from '../../platform/notify/index.ts'
import { startTestHub, type TestClient, type TestHub } from '../../platform/testing.ts'
import { accountsModule } from '../accounts/index.ts'
import { estateModule } from '../estate/index.ts'
import { addChannelRoutes } from './channels.routes.ts'
import { addMyRoutes } from './mine.routes.ts'
import { addOutboxRoutes } from './outbox.routes.ts'
import './permissions.ts'
import { addTemplateRoutes } from './templates.routes.ts'

registerMessageTemplate({
  key: 'test.notice',
  label: { zh: '停水通知', en: 'Water outage' },
  variables: { day: { label: { zh: '日期', en: 'Day' }, example: '11-22' } },
  texts: {
    zh: { subject: '停水 {day}', body: '{day} 停水' },
    en: { subject: 'No water {day}', body: 'No water on {day}' },
  },
  channels: ['email', 'sms'],
})
registerMessageTemplate({
  key: 'test.code',
  label: { zh: '验证码', en: 'Code' },
  variables: { code: { label: { zh: '验证码', en: 'Code' }, example: '123456' } },
  texts: {
    zh: { subject: '验证码', body: '验证码 {code}' },
    en: { subject: 'Code', body: 'Your code is {code}' },
  },
  channels: ['sms'],
  confidential: true,
})

/** Noon in Shanghai: no quiet hours. */
const NOON = '2026-11-22T04:00:00Z'
/** Without the loop: tests say when it is looked through. */
const quietModule = {
  name: 'notifications',
  routes: (app: Parameters<typeof addMyRoutes>[0]) => {
    for (const add of [addMyRoutes, addOutboxRoutes, addTemplateRoutes, addChannelRoutes]) add(app)
  },
}

interface Provider {
  readonly server: Server
  readonly url: string
  readonly requests: { url: string; headers: IncomingMessage['headers']; body: string }[]
  answer: (url: string) => { status: number; body: unknown }
}

/** What stands in for providers of SMS and for WeChat: a real server that keeps what it was sent. */
async function startProvider(): Promise<Provider> {
  const requests: Provider['requests'] = []
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const url = request.url ?? ''
      requests.push({ url, headers: request.headers, body: Buffer.concat(parts).toString() })
      const { status, body } = made.answer(url)
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const made: Provider = {
    server,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answer: () => ({ status: 200, body: {} }),
  }
  return made
}

export class MessagesFixture {
  readonly clock: ReturnType<typeof manualClock>
  readonly hub: TestHub
  readonly root: TestClient
  readonly provider: Provider
  readonly projectId: string
  readonly otherId: string

  private constructor(
    clock: MessagesFixture['clock'],
    hub: TestHub,
    root: TestClient,
    provider: Provider,
    projects: readonly [string, string],
  ) {
    this.clock = clock
    this.hub = hub
    this.root = root
    this.provider = provider
    this.projectId = projects[0]
    this.otherId = projects[1]
  }

  static async open(): Promise<MessagesFixture> {
    const clock = manualClock(NOON)
    const hub = await startTestHub({ modules: [accountsModule, estateModule, quietModule], clock })
    const project = async (code: string) =>
      (await hub.hub.db.prisma.project.create({ data: { code, name: code, timeZone: 'Asia/Shanghai' } })).id
    const projects = [await project('one'), await project('two')] as const
    return new MessagesFixture(clock, hub, await hub.as('administrator'), await startProvider(), projects)
  }

  /** Before each test. */
  async reset(): Promise<void> {
    this.clock.set(NOON)
    this.provider.requests.length = 0
    this.provider.answer = () => ({ status: 200, body: { code: 0, data: { sid: randomUUID() } } })
    // Nothing of the test before is due, or counts for the rate
    await this.hub.hub.db.pool.query(
      `update message_delivery set tried_at = null,
         state = case when state in ('queued', 'failed') then 'dead' else state end`,
    )
  }

  async close(): Promise<void> {
    this.provider.server.close()
    await this.hub.stop()
  }

  async setUp(
    channel: OutsideChannel,
    settings: Partial<Settings>,
    secret?: string,
  ): Promise<MessageChannelView> {
    const { version, settings: now } = (await this.root.call('GET /api/message-channels')).find(
      (one) => one.channel === channel,
    )!
    const body = { version, settings: { ...now, enabled: true, ...settings }, ...(secret ? { secret } : {}) }
    return this.root.call('PUT /api/message-channels/:channel', { params: { channel }, body })
  }

  /** @returns id of the message */
  tell(notification: Partial<Notification>): Promise<string | null> {
    const { hub } = this.hub
    const usual = { template: 'test.notice', to: [], variables: { day: '11-22' }, projectId: this.projectId }
    return hub.db.transaction((tx) => notify(hub, tx, { ...usual, ...notification }))
  }

  /** Somebody with addresses. */
  async person(data: { email?: string; phone?: string } = {}): Promise<TestClient> {
    const client = await this.hub.as('manager', [this.projectId])
    await this.hub.hub.db.prisma.user.update({ where: { id: client.userId }, data })
    return client
  }

  /** Deliveries of a message by channel. */
  async outbox(messageId: string | null) {
    const rows = await this.hub.hub.db.prisma.messageDelivery.findMany({ where: { messageId: messageId! } })
    return rows.sort((a, b) => a.channel.localeCompare(b.channel))
  }

  /** An SMS provider as it is usually set up, at the stand-in. */
  sms(more: object = {}): Partial<Settings> {
    const http = ChannelSettings.shape.http.unwrap().unwrap()
    return {
      transport: 'http',
      quiet: null,
      http: http.parse({
        url: `${this.provider.url}/send?key={secret}`,
        headers: [{ name: 'x-key', value: 'k {secret}' }],
        body: '{"to":"{to}","text":"{body}","params":{variables}}',
        successPath: 'code',
        successValue: '0',
        idPath: 'data.sid',
        ...more,
      }),
    }
  }
}
