import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ProcessContent, ProcessDetail, ProcessStep, TaskOutcome } from '@courtyard/protocols/contract'
import { auditAsSystem } from '../../platform/audit/audit.ts'
import { startTestHub, type TestClient, type TestHub } from '../../platform/testing.ts'
import {
  processField,
  registerProcessSubject,
  startProcess,
  type FinalOutcome,
} from '../../platform/workflow/index.ts'
import { rowsOf } from '../../platform/workflow/client.ts'
import { fireDueTimers } from '../../platform/workflow/timers.ts'
import { estateModule } from '../estate/index.ts'
import { workflowModule } from './index.ts'

/** A subject with everything that a module can hook in; its handler does what the test says. */
const seen: { id: string; outcome: FinalOutcome }[] = []
let whenFinished: (client: Parameters<typeof rowsOf>[0]) => Promise<unknown> = () => Promise.resolve()
registerProcessSubject({
  kind: 'testPermit',
  label: { zh: '测试许可', en: 'Test permit' },
  fields: [
    processField({
      name: 'area',
      label: { zh: '面积', en: 'Area' },
      kind: 'decimal',
      scale: 2,
      required: true,
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
    await whenFinished(tx)
    seen.push({ id, outcome })
  },
  link: ({ subjectId }) => `/permits/${subjectId}`,
})

let now = new Date('2026-11-20T02:00:00Z')
let hub: TestHub
let projectId: string
let engineer: TestClient
let manager: TestClient
let second: TestClient
let administrator: TestClient

beforeAll(async () => {
  hub = await startTestHub({
    modules: [estateModule, workflowModule],
    clock: { now: () => now },
    environment: { SESSION_HOURS: '700' },
  })
  const project = await hub.hub.db.prisma.project.create({
    data: { code: 'WF', name: 'Workflow', timeZone: 'Asia/Shanghai' },
  })
  projectId = project.id
  engineer = await hub.as('engineer', [projectId])
  ;[manager, second] = await Promise.all([hub.as('manager', [projectId]), hub.as('manager', [projectId])])
  administrator = await hub.as('administrator')
})
afterAll(() => hub.stop())
beforeEach(() => {
  now = new Date('2026-11-20T02:00:00Z')
  whenFinished = () => Promise.resolve()
})

const ask = (amount: string | null, from = engineer, definition = 'approvalByAmount') =>
  from.call('POST /api/requests', {
    body: { id: randomUUID(), projectId, definition, title: 'New pump', text: 'The old one leaks', amount },
  })
const look = (id: string, as = administrator) => as.call('GET /api/processes/:id', { params: { id } })
const tasksOf = async (client: TestClient, id: string) =>
  (await client.call('GET /api/tasks', { query: { limit: 100 } })).items.filter(
    ({ process }) => process.id === id,
  )
async function decide(
  client: TestClient,
  id: string,
  outcome: TaskOutcome,
  more: { comment?: string; fields?: Record<string, string> } = {},
): Promise<ProcessDetail> {
  const [task] = await tasksOf(client, id)
  if (!task) expect.unreachable('no task')
  return client.call('POST /api/tasks/:id/decide', {
    params: { id: task.id },
    body: { commandId: randomUUID(), outcome, ...more },
  })
}

const words = (text: string) => ({ zh: text, en: text })
const candidates = (...clients: TestClient[]) => [
  { kind: 'people' as const, ids: clients.map(({ userId }) => userId) },
]
function approval(key: string, more: Partial<Extract<ProcessStep, { kind: 'approval' }>>): ProcessStep {
  return {
    ...{
      kind: 'approval',
      key,
      name: words(key),
      rule: 'one',
      withoutStarter: true,
      candidates: [],
      deadlines: [],
    },
    transitions: [
      { on: 'approved', to: 'yes' },
      { on: 'refused', to: 'no' },
    ],
    ...more,
  }
}
function definition(subject: string, steps: ProcessStep[]): ProcessContent {
  const end = (key: string, outcome: 'approved' | 'refused'): ProcessStep => ({
    kind: 'end',
    key,
    name: words(key),
    transitions: [],
    outcome,
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
let count = 0
async function publish(content: ProcessContent): Promise<string> {
  const key = `test${++count}`
  const { revision } = await administrator.call('POST /api/process-definitions', { body: { key, content } })
  await administrator.call('POST /api/process-definitions/:key/publish', {
    params: { key },
    body: { revision },
  })
  return key
}
async function startPermit(
  key: string,
  fields: Record<string, string | boolean> = { area: '12.5' },
  subjectId: string = randomUUID(),
): Promise<string> {
  const { hub: running } = hub
  const starter = { id: engineer.userId, displayName: 'Engineer' }
  const { id } = await running.db.transaction((tx) =>
    startProcess(running, tx, auditAsSystem('test'), {
      id: randomUUID(),
      definition: key,
      projectId,
      subjectId,
      title: 'Permit',
      fields,
      starter,
    }),
  )
  return id
}
const eventsOf = ({ events }: ProcessDetail) =>
  events.map(({ kind, step, outcome }) => [kind, step, outcome].filter(Boolean).join(' '))

describe('approval over two levels', () => {
  it('asks the company only above the amount, exactly', async () => {
    const small = await ask('5000.00')
    expect(await decide(manager, small.id, 'approved')).toMatchObject({
      state: 'finished',
      outcome: 'approved',
    })
    const large = await ask('5000.01')
    const between = await decide(manager, large.id, 'approved', { comment: 'needed' })
    expect(between).toMatchObject({
      state: 'running',
      step: { key: 'second' },
      waitingFor: ['administrator'],
    })
    const done = await decide(administrator, large.id, 'approved')
    expect(done).toMatchObject({ state: 'finished', outcome: 'approved', step: null, waitingFor: [] })
    expect(eventsOf(done)).toEqual([
      ...['started', 'entered start', 'entered approval', 'decided approval approved', 'entered size'],
      ...['entered second', 'decided second approved', 'entered approved', 'finished approved'],
    ])
    expect(done.events[3]).toMatchObject({ by: 'manager', comment: 'needed' })
  })

  it('goes back to who asked and the whole way again', async () => {
    const { id } = await ask('100')
    await decide(manager, id, 'sentBack', { comment: 'which pump?' })
    expect(await tasksOf(manager, id)).toEqual([])
    const [task] = await tasksOf(engineer, id)
    expect(task).toMatchObject({
      step: { key: 'revise', kind: 'task' },
      edits: ['text', 'amount'],
      outcomes: ['done'],
    })
    await expect(decide(engineer, id, 'done', { fields: { amount: '1.234' } })).rejects.toMatchObject({
      details: { issues: [{ path: 'body.fields.amount' }] },
    })
    const again = await decide(engineer, id, 'done', { fields: { amount: '6000' } })
    expect(again).toMatchObject({
      fields: { amount: '6000', text: 'The old one leaks' },
      step: { key: 'approval' },
    })
    await decide(manager, id, 'approved')
    expect(await decide(administrator, id, 'refused')).toMatchObject({
      state: 'finished',
      outcome: 'refused',
    })
  })

  it('never asks who started it', async () => {
    const { id } = await ask('1', manager)
    expect(await tasksOf(manager, id)).toEqual([])
    const { tasks } = await look(id)
    expect(tasks[0]!.holders.map((one) => one.id)).toEqual([second.userId])
    await expect(
      manager.call('POST /api/tasks/:id/decide', {
        params: { id: tasks[0]!.id },
        body: { commandId: randomUUID(), outcome: 'approved' },
      }),
    ).rejects.toMatchObject({ code: 'task.not_found' })
    await decide(second, id, 'approved')
  })

  it('is written down: history and audit', async () => {
    const { id } = await ask('2')
    await decide(manager, id, 'refused', { comment: 'no money' })
    const { rows } = await hub.hub.db.pool.query(
      `select action, actor, after->>'comment' as comment from audit_entry where entity_id = $1 order by id`,
      [id],
    )
    expect(rows).toMatchObject([
      { action: 'process.start' },
      { action: 'process.decide', comment: 'no money' },
    ])
    for (const sql of [
      'delete from process_event',
      `update process_event set kind = 'x'`,
      `update process_version set note = 'x'`,
      'delete from process',
    ]) {
      await expect(hub.hub.db.pool.query(sql)).rejects.toThrow('append-only')
    }
  })
})

describe('who is asked', () => {
  it('a colleague stands in for a time, and then no more', async () => {
    const deputy = await hub.as('engineer', [projectId])
    const { id: delegationId } = await manager.call('POST /api/task-delegations', {
      body: {
        id: randomUUID(),
        toId: deputy.userId,
        fromAt: '2026-11-20T00:00:00Z',
        untilAt: '2026-11-21T00:00:00Z',
        note: 'away',
      },
    })
    const { id } = await ask('3')
    const other = await ask('4')
    expect((await tasksOf(deputy, id))[0]).toMatchObject({
      onBehalfOf: { id: manager.userId },
      outcomes: ['approved', 'refused', 'sentBack'],
    })
    const done = await decide(deputy, id, 'approved')
    expect(done.events.find(({ kind }) => kind === 'decided')).toMatchObject({
      by: 'engineer',
      onBehalfOf: 'manager',
    })
    now = new Date('2026-11-21T00:00:00Z')
    expect(await tasksOf(deputy, other.id)).toEqual([])
    now = new Date('2026-11-20T03:00:00Z')
    await manager.call('POST /api/task-delegations/:id/end', { params: { id: delegationId } })
    const [open] = (await look(other.id)).tasks
    await expect(
      deputy.call('POST /api/tasks/:id/decide', {
        params: { id: open!.id },
        body: { commandId: randomUUID(), outcome: 'approved' },
      }),
    ).rejects.toMatchObject({ code: 'task.not_found' })
    await decide(manager, other.id, 'approved')
  })

  it('who started it does not approve in the name of another either', async () => {
    await second.call('POST /api/task-delegations', {
      body: {
        id: randomUUID(),
        toId: engineer.userId,
        fromAt: '2026-11-20T01:00:00Z',
        untilAt: '2026-11-20T02:30:00Z',
      },
    })
    const { id, tasks } = await ask('5')
    expect(await tasksOf(engineer, id)).toEqual([])
    await expect(
      engineer.call('POST /api/tasks/:id/decide', {
        params: { id: tasks[0]!.id },
        body: { commandId: randomUUID(), outcome: 'approved' },
      }),
    ).rejects.toMatchObject({ code: 'task.own_process' })
  })

  it('the head of the department, above him when he asks himself; nobody fits: the administrators', async () => {
    const { prisma } = hub.hub.db
    const company = await prisma.company.create({ data: { code: 'C', name: 'C' } })
    const top = await prisma.department.create({
      data: { companyId: company.id, name: 'Top', leaderId: second.userId },
    })
    const below = await prisma.department.create({
      data: { companyId: company.id, name: 'Below', parentId: top.id, leaderId: manager.userId },
    })
    const worker = await hub.as('engineer', [projectId], { departmentId: below.id })
    await prisma.user.update({ where: { id: manager.userId }, data: { departmentId: below.id } })
    const key = await publish(
      definition('request', [approval('head', { candidates: [{ kind: 'departmentHead' }] })]),
    )
    const holders = async (client: TestClient) =>
      (await ask(null, client, key)).tasks[0]!.holders.map((one) => one.id)
    expect(await holders(worker)).toEqual([manager.userId])
    expect(await holders(manager)).toEqual([second.userId])
    const lone = await ask(null, await hub.as('engineer', [projectId]), key)
    expect(lone.tasks[0]!.holders.map((one) => one.id)).toEqual([administrator.userId])
    expect(eventsOf(lone)).toContain('fallback head')
  })

  it('an administrator gives a task to another', async () => {
    const { id, tasks } = await ask('7')
    const give = (client: TestClient, userId: string) =>
      client.call('POST /api/tasks/:id/reassign', {
        params: { id: tasks[0]!.id },
        body: { commandId: randomUUID(), userId, comment: 'on holiday' },
      })
    await expect(give(manager, second.userId)).rejects.toMatchObject({ code: 'auth.forbidden' })
    await expect(give(administrator, engineer.userId)).rejects.toMatchObject({ code: 'task.own_process' })
    const given = await give(administrator, second.userId)
    expect(given.waitingFor).toEqual(['manager'])
    expect(await tasksOf(manager, id)).toEqual([])
    await decide(second, id, 'approved')
  })
})

describe('two at once', () => {
  it('of one seat exactly one counts', async () => {
    for (let round = 0; round < 5; round++) {
      const { id, tasks } = await ask('8')
      const press = (client: TestClient, outcome: TaskOutcome) =>
        client.call('POST /api/tasks/:id/decide', {
          params: { id: tasks[0]!.id },
          body: { commandId: randomUUID(), outcome },
        })
      const presses = await Promise.allSettled([
        press(manager, 'approved'),
        press(second, 'refused'),
        press(manager, 'approved'),
      ])
      expect(presses.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      const after = await look(id)
      expect(after.events.filter(({ kind }) => kind === 'decided')).toHaveLength(1)
      expect(after.outcome).toBe(after.events.find(({ kind }) => kind === 'decided')!.outcome)
    }
  })

  it('of several seats each counts once', async () => {
    const key = await publish(
      definition('request', [
        approval('both', { rule: 'all', candidates: candidates(manager, second, administrator) }),
      ]),
    )
    const { id } = await ask(null, engineer, key)
    await Promise.all([decide(manager, id, 'approved'), decide(second, id, 'approved')])
    const between = await look(id)
    expect(between).toMatchObject({ state: 'running', waitingFor: ['administrator'] })
    expect(await decide(administrator, id, 'approved')).toMatchObject({ outcome: 'approved' })
  })

  it('the same press twice is one', async () => {
    const { id, tasks } = await ask('9')
    const body = { commandId: randomUUID(), outcome: 'approved' as const }
    const press = () => manager.call('POST /api/tasks/:id/decide', { params: { id: tasks[0]!.id }, body })
    const [one, two] = await Promise.all([press(), press()])
    expect(one.state).toBe('finished')
    expect(two.events.filter(({ kind }) => kind === 'decided')).toHaveLength(1)
    expect(await tasksOf(second, id)).toEqual([])
  })

  it('the same request twice is one, with other content refused', async () => {
    const body = { id: randomUUID(), projectId, definition: 'singleApproval', title: 'Twice' }
    const [one, two] = await Promise.all([1, 2].map(() => engineer.call('POST /api/requests', { body })))
    expect(one!.id).toBe(two!.id)
    expect(one!.events.filter(({ kind }) => kind === 'started')).toHaveLength(1)
    await expect(manager.call('POST /api/requests', { body })).rejects.toMatchObject({
      code: 'process.id_taken',
    })
  })
})

describe('withdrawing, ending, commenting', () => {
  it('is for who started it, as long as it runs', async () => {
    const { id } = await ask('10')
    const body = () => ({ commandId: randomUUID(), comment: 'not needed' })
    await expect(
      manager.call('POST /api/processes/:id/withdraw', { params: { id }, body: body() }),
    ).rejects.toMatchObject({
      code: 'process.not_starter',
    })
    const gone = await engineer.call('POST /api/processes/:id/withdraw', { params: { id }, body: body() })
    expect(gone).toMatchObject({ state: 'withdrawn', outcome: null, tasks: [{ state: 'cancelled' }] })
    expect(await tasksOf(manager, id)).toEqual([])
    await expect(
      engineer.call('POST /api/processes/:id/withdraw', { params: { id }, body: body() }),
    ).rejects.toMatchObject({
      code: 'process.over',
    })
    const commented = await manager.call('POST /api/processes/:id/comments', {
      params: { id },
      body: {
        commandId: randomUUID(),
        comment: 'pity',
        attachments: [{ name: 'offer.pdf', href: '/files/1' }],
      },
    })
    expect(commented.events.at(-1)).toMatchObject({
      kind: 'commented',
      comment: 'pity',
      attachments: [{ href: '/files/1' }],
    })
  })

  it('an administrator ends what can not go on', async () => {
    const key = await publish(
      definition('testPermit', [approval('check', { candidates: candidates(manager) })]),
    )
    const id = await startPermit(key)
    const body = { commandId: randomUUID(), comment: 'by mistake' }
    expect(
      await administrator.call('POST /api/processes/:id/cancel', { params: { id }, body }),
    ).toMatchObject({ state: 'cancelled', outcome: null })
    expect(seen.at(-1)).toEqual({ id, outcome: 'cancelled' })
  })
})

describe('deadlines', () => {
  it('escalate after working hours: one voice above decides', async () => {
    // Friday 10:00 there; 18 working hours of nine a day: Tuesday 10:00
    const { id } = await ask('11')
    expect((await look(id)).step!.dueAt).toBe('2026-11-24T02:00:00.000Z')
    now = new Date('2026-11-24T01:59:59Z')
    await fireDueTimers(hub.hub)
    expect(await tasksOf(administrator, id)).toEqual([])
    now = new Date('2026-11-24T02:00:00Z')
    await Promise.all([fireDueTimers(hub.hub), fireDueTimers(hub.hub)])
    const escalated = await look(id)
    expect(escalated).toMatchObject({
      overdue: true,
      tasks: [{ state: 'open' }, { state: 'open', escalated: true }],
    })
    expect(eventsOf(escalated).filter((one) => one.startsWith('escalated'))).toHaveLength(1)
    expect((await manager.call('GET /api/tasks/count')).overdue).toBeGreaterThan(0)
    const done = await decide(administrator, id, 'approved')
    expect(done).toMatchObject({ outcome: 'approved', tasks: [{ state: 'cancelled' }, { state: 'decided' }] })
  })

  it('end a step when the definition says so', async () => {
    const key = await publish(
      definition('testPermit', [
        approval('check', {
          candidates: candidates(manager),
          deadlines: [
            { after: { hours: 1, working: false }, then: 'mark', to: [] },
            { after: { hours: 2, working: false }, then: 'timeOut', to: [] },
          ],
          transitions: [
            { on: 'approved', to: 'yes' },
            { on: 'refused', to: 'no' },
            { on: 'timedOut', to: 'no' },
          ],
        }),
      ]),
    )
    const id = await startPermit(key)
    now = new Date('2026-11-20T03:00:00Z')
    await fireDueTimers(hub.hub)
    expect(await look(id)).toMatchObject({ state: 'running', overdue: true })
    now = new Date('2026-11-20T04:00:00Z')
    await fireDueTimers(hub.hub)
    const over = await look(id)
    expect(over).toMatchObject({ outcome: 'refused' })
    expect(eventsOf(over).slice(-4)).toEqual([
      'overdue check',
      'expired check',
      'entered no',
      'finished refused',
    ])
  })
})

describe('whole or not at all', () => {
  it('a handler that fails undoes the step', async () => {
    const action: ProcessStep = {
      kind: 'action',
      key: 'stamp',
      name: words('stamp'),
      action: 'stamp',
      transitions: [{ on: 'next', to: 'yes' }],
    }
    const steps = [
      approval('check', {
        candidates: candidates(manager),
        transitions: [
          { on: 'approved', to: 'stamp' },
          { on: 'refused', to: 'no' },
        ],
      }),
      action,
    ]
    const id = await startPermit(await publish(definition('testPermit', steps)))
    const before = await look(id)
    // As when the process dies at the last line: the connection is gone before the commit
    for (const failing of [
      () => Promise.reject(new Error('no paper')),
      (tx: Parameters<typeof rowsOf>[0]) => rowsOf(tx, 'select pg_terminate_backend(pg_backend_pid())'),
    ]) {
      whenFinished = failing
      await expect(decide(manager, id, 'approved')).rejects.toMatchObject({ details: { status: 500 } })
      expect(await look(id)).toEqual(before)
    }
    const stamps = () =>
      hub.hub.db.pool.query(`select 1 from setup_token where token_hash = decode(md5($1), 'hex')`, [id])
    expect((await stamps()).rowCount).toBe(0)
    whenFinished = () => Promise.resolve()
    expect(await decide(manager, id, 'approved')).toMatchObject({
      outcome: 'approved',
      link: expect.stringContaining('/permits/') as string,
    })
    expect([(await stamps()).rowCount, seen.at(-1)]).toEqual([1, { id, outcome: 'approved' }])
  })

  it('begins in a transaction of Prisma too, once per subject, with valid fields', async () => {
    const key = await publish(
      definition('testPermit', [approval('check', { candidates: candidates(manager) })]),
    )
    const input = {
      definition: key,
      projectId,
      subjectId: 'P1',
      title: 'Prisma',
      fields: { area: '1' },
      starter: { id: engineer.userId, displayName: 'E' },
    }
    const start = (more: object = {}) =>
      hub.hub.db.prismaTransaction((tx) =>
        startProcess(hub.hub, tx, auditAsSystem('test'), { ...input, id: randomUUID(), ...more }),
      )
    const { id } = await start()
    expect(await look(id)).toMatchObject({
      title: 'Prisma',
      waitingFor: ['manager'],
      tasks: [{ state: 'open' }],
    })
    await expect(start()).rejects.toMatchObject({
      code: 'process.already_running',
      details: { processId: id },
    })
    await expect(start({ subjectId: 'P2', fields: { area: '1.234', colour: 'red' } })).rejects.toMatchObject({
      details: { issues: [{ path: 'fields.area' }, { path: 'fields.colour' }] },
    })
    await decide(manager, id, 'approved')
    await start()
  })
})

describe('definitions', () => {
  it('running processes keep their version', async () => {
    const key = await publish(definition('request', [approval('first', { candidates: candidates(manager) })]))
    const old = await ask(null, engineer, key)
    const detail = await administrator.call('GET /api/process-definitions/:key', { params: { key } })
    expect(detail).toMatchObject({ version: 1, hasDraft: false, running: 1, issues: [] })
    const content = definition('request', [approval('other', { candidates: candidates(second) })])
    const save = (revision: number) =>
      administrator.call('PUT /api/process-definitions/:key', {
        params: { key },
        body: { revision, content },
      })
    const { revision } = await save(detail.revision)
    await expect(save(detail.revision)).rejects.toMatchObject({ code: 'process_definition.stale' })
    const published = await administrator.call('POST /api/process-definitions/:key/publish', {
      params: { key },
      body: { revision, note: 'faster' },
    })
    expect(published.versions).toMatchObject([
      { version: 2, note: 'faster', running: 0 },
      { version: 1, running: 1 },
    ])
    const fresh = await ask(null, engineer, key)
    expect([(await look(old.id)).step!.key, (await look(fresh.id)).step!.key]).toEqual(['first', 'other'])
    expect(await decide(manager, old.id, 'approved')).toMatchObject({
      definition: { version: 1 },
      outcome: 'approved',
    })
    await administrator.call('POST /api/process-definitions/:key/retire', {
      params: { key },
      body: { revision: published.revision, retired: true },
    })
    await expect(ask(null, engineer, key)).rejects.toMatchObject({ code: 'process_definition.not_found' })
    expect(await decide(second, fresh.id, 'approved')).toMatchObject({ outcome: 'approved' })
  })

  it('are refused with the step and the reason', async () => {
    const content = definition('request', [
      approval('first', { candidates: [{ kind: 'role', role: 'nobody' }] }),
    ])
    content.steps.splice(1, 0, approval('lost', { candidates: [] }))
    content.steps[0]!.transitions[0]!.to = 'first'
    const { revision, issues } = await administrator.call('POST /api/process-definitions', {
      body: { key: 'wrong', content },
    })
    expect(issues).toEqual([
      { step: 'lost', reason: 'It does not say who does it' },
      { step: 'first', reason: 'There is no role "nobody"' },
      { step: 'lost', reason: 'It cannot be reached from the start' },
    ])
    await expect(
      administrator.call('POST /api/process-definitions/:key/publish', {
        params: { key: 'wrong' },
        body: { revision },
      }),
    ).rejects.toMatchObject({
      details: { issues: [{ path: 'steps.lost' }, { path: 'steps.first' }, { path: 'steps.lost' }] },
    })
    await expect(ask(null, engineer, 'wrong')).rejects.toMatchObject({ code: 'process_definition.not_found' })
  })
})

describe('who sees what', () => {
  it('is what one started, takes part in, or may read in its project', async () => {
    const { id, tasks } = await ask('12')
    const stranger = await hub.as('manager', [])
    const colleague = await hub.as('engineer', [projectId])
    const own = await hub.as('manager', [projectId], { records: 'own' })
    for (const client of [stranger, colleague, own]) {
      await expect(look(id, client)).rejects.toMatchObject({ code: 'process.not_found' })
      expect((await client.call('GET /api/processes')).items.map((one) => one.id)).not.toContain(id)
      expect(await tasksOf(client, id)).toEqual([])
      const params = { id: tasks[0]!.id }
      const body = { commandId: randomUUID(), outcome: 'approved' as const }
      await expect(client.call('POST /api/tasks/:id/decide', { params, body })).rejects.toMatchObject({
        code: 'task.not_found',
      })
    }
    for (const client of [engineer, manager, administrator])
      expect(await look(id, client)).toMatchObject({ id })
    await expect(engineer.call('GET /api/process-definitions')).rejects.toMatchObject({
      code: 'auth.forbidden',
    })
    const names = await stranger.call('GET /api/workflow-people', { query: { ids: manager.userId } })
    expect(names).toEqual([])
  })

  it('pages through both lists once', async () => {
    for (let index = 0; index < 7; index++) await ask(String(index + 20))
    const all = (
      await engineer.call('GET /api/processes', { query: { limit: 100, mine: 'true' } })
    ).items.map(({ id }) => id)
    const paged: string[] = []
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = await engineer.call('GET /api/processes', {
        query: { limit: 3, mine: 'true', ...(cursor ? { cursor } : {}) },
      })
      paged.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor
    }
    expect(paged).toEqual(all)
    const tasks: string[] = []
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = await manager.call('GET /api/tasks', {
        query: { limit: 4, ...(cursor ? { cursor } : {}) },
      })
      tasks.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor
    }
    expect(tasks).toHaveLength((await manager.call('GET /api/tasks/count')).open)
    expect(new Set(tasks).size).toBe(tasks.length)
  })
})
