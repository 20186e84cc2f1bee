/** A hub with a project and four people, and what its tests of processes do again and again. */
import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import type {
  MyTask,
  ProcessContent,
  ProcessDetail,
  ProcessStep,
  TaskOutcome,
} from '@courtyard/protocols/contract'
import { auditAsSystem } from '../../platform/audit/audit.ts'
import { manualClock } from '../../platform/clock.ts'
import { startTestHub, type TestClient, type TestHub } from '../../platform/testing.ts'
import { rowsOf, type WorkflowClient } from '../../platform/workflow/client.ts'
import {
  processField,
  registerProcessSubject,
  startProcess,
  type FinalOutcome,
} from '../../platform/workflow/index.ts'
import { estateModule } from '../estate/index.ts'
import { notificationsModule } from '../notifications/index.ts'
import { workflowModule } from './index.ts'

/** What the handler of the test's subject saw, and what it does; each fixture begins anew. */
export const permits: {
  seen: { id: string; outcome: FinalOutcome }[]
  whenFinished: (client: WorkflowClient) => Promise<unknown>
} = { seen: [], whenFinished: () => Promise.resolve() }

/** A subject with everything that a module can hook in. */
registerProcessSubject({
  kind: 'testPermit',
  label: { zh: '测试许可', en: 'Test permit' },
  fields: [
    processField({
      ...{ name: 'area', label: { zh: '面积', en: 'Area' }, kind: 'decimal', scale: 2, required: true },
    }),
    processField({ name: 'fast', label: { zh: '加急', en: 'Fast' }, kind: 'boolean' }),
  ],
  actions: {
    stamp: {
      label: { zh: '盖章', en: 'Stamp' },
      run: async ({ tx }, { id }) =>
        void (await rowsOf(
          tx,
          `insert into setup_token (token_hash, created_at, expires_at)
          values (decode(md5($1), 'hex'), now(), now())`,
          [id],
        )),
    },
  },
  onFinished: async ({ tx }, { id }, outcome) => {
    await permits.whenFinished(tx)
    permits.seen.push({ id, outcome })
  },
  link: ({ subjectId }) => `/permits/${subjectId}`,
})

/** Friday 10:00 in Shanghai. */
export const FRIDAY = '2026-11-20T02:00:00Z'

type People = Readonly<Record<'engineer' | 'manager' | 'second' | 'administrator', TestClient>>

export class WorkflowFixture {
  readonly clock: ReturnType<typeof manualClock>
  readonly hub: TestHub
  readonly projectId: string
  readonly people: People
  private published = 0

  private constructor(clock: WorkflowFixture['clock'], hub: TestHub, projectId: string, people: People) {
    this.clock = clock
    this.hub = hub
    this.projectId = projectId
    this.people = people
  }

  static async open(): Promise<WorkflowFixture> {
    const clock = manualClock(FRIDAY)
    const hub = await startTestHub({
      modules: [estateModule, workflowModule, notificationsModule],
      clock,
      environment: { SESSION_HOURS: '700' },
    })
    const { id } = await hub.hub.db.prisma.project.create({
      data: { code: 'WF', name: 'Workflow', timeZone: 'Asia/Shanghai' },
    })
    const [engineer, manager, second, administrator] = await Promise.all([
      hub.as('engineer', [id]),
      hub.as('manager', [id]),
      hub.as('manager', [id]),
      hub.as('administrator'),
    ])
    return new WorkflowFixture(clock, hub, id, { engineer, manager, second, administrator })
  }

  /** As it was at the beginning; before each test. */
  reset(): void {
    this.clock.set(FRIDAY)
    permits.whenFinished = () => Promise.resolve()
  }

  async close(): Promise<void> {
    this.reset()
    permits.seen.length = 0
    await this.hub.stop()
  }

  ask(
    amount: string | null,
    from: TestClient = this.people.engineer,
    definition = 'approvalByAmount',
  ): Promise<ProcessDetail> {
    const { projectId } = this
    const body = {
      id: randomUUID(),
      projectId,
      definition,
      title: 'New pump',
      text: 'The old one leaks',
      amount,
    }
    return from.call('POST /api/requests', { body })
  }

  look(id: string, as: TestClient = this.people.administrator): Promise<ProcessDetail> {
    return as.call('GET /api/processes/:id', { params: { id } })
  }

  /** What waits for somebody in one process. */
  async tasksOf(client: TestClient, id: string): Promise<MyTask[]> {
    const { items } = await client.call('GET /api/tasks', { query: { limit: 100 } })
    return items.filter(({ process }) => process.id === id)
  }

  async decide(
    client: TestClient,
    id: string,
    outcome: TaskOutcome,
    more: { comment?: string; fields?: Record<string, string> } = {},
  ): Promise<ProcessDetail> {
    const [task] = await this.tasksOf(client, id)
    if (!task) expect.unreachable('no task')
    const body = { commandId: randomUUID(), outcome, ...more }
    return client.call('POST /api/tasks/:id/decide', { params: { id: task.id }, body })
  }

  /** @returns its key */
  async publish(content: ProcessContent): Promise<string> {
    const { administrator } = this.people
    const key = `test${++this.published}`
    const { revision } = await administrator.call('POST /api/process-definitions', { body: { key, content } })
    const params = { key }
    await administrator.call('POST /api/process-definitions/:key/publish', { params, body: { revision } })
    return key
  }

  /** About the test's own subject, started by the engineer. @returns its id */
  async startPermit(key: string): Promise<string> {
    const { hub } = this.hub
    const input = {
      ...{ id: randomUUID(), definition: key, projectId: this.projectId, subjectId: randomUUID() },
      ...{ title: 'Permit', fields: { area: '12.5' } },
      starter: { id: this.people.engineer.userId, displayName: 'Engineer' },
    }
    await hub.db.transaction((tx) => startProcess(hub, tx, auditAsSystem('test'), input))
    return input.id
  }
}

export const words = (text: string) => ({ zh: text, en: text })

export const candidates = (...clients: TestClient[]) => [
  { kind: 'people' as const, ids: clients.map(({ userId }) => userId) },
]

export function approval(
  key: string,
  more: Partial<Extract<ProcessStep, { kind: 'approval' }>>,
): ProcessStep {
  return {
    ...{ kind: 'approval', key, name: words(key), rule: 'one', withoutStarter: true },
    ...{ candidates: [], deadlines: [] },
    transitions: [
      { on: 'approved', to: 'yes' },
      { on: 'refused', to: 'no' },
    ],
    ...more,
  }
}

/** The steps between a start and the ends `yes` and `no`. */
export function definition(subject: string, steps: ProcessStep[]): ProcessContent {
  const end = (key: string, outcome: 'approved' | 'refused'): ProcessStep => ({
    ...{ kind: 'end', key, name: words(key), transitions: [], outcome },
  })
  const first = steps[0]!.key
  return {
    name: words('Test'),
    subject,
    workingTime: { days: [1, 2, 3, 4, 5], from: '09:00', to: '18:00' },
    steps: [
      { kind: 'start', key: 'start', name: words('start'), transitions: [{ on: 'next', to: first }] },
      ...steps,
      end('yes', 'approved'),
      end('no', 'refused'),
    ],
  }
}

/** What happened in short: `decided approval approved`. */
export const eventsOf = ({ events }: ProcessDetail) =>
  events.map(({ kind, step, outcome }) => [kind, step, outcome].filter(Boolean).join(' '))
