/** Processes as a machine: presses at the same time, steps that fail, versions, and who sees what. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ProcessStep, TaskOutcome } from '@courtyard/protocols/contract'
import { auditAsSystem } from '../../platform/audit/audit.ts'
import type { TestClient, TestHub } from '../../platform/testing.ts'
import { rowsOf } from '../../platform/workflow/client.ts'
import { startProcess } from '../../platform/workflow/index.ts'
import { approval, candidates, definition, permits, WorkflowFixture, words } from './testing.ts'

let flow: WorkflowFixture
let hub: TestHub
let projectId: string
let engineer: TestClient
let manager: TestClient
let second: TestClient
let administrator: TestClient

beforeAll(async () => {
  flow = await WorkflowFixture.open()
  ;({ hub, projectId } = flow)
  ;({ engineer, manager, second, administrator } = flow.people)
})
afterAll(() => flow?.close())
beforeEach(() => flow.reset())

describe('two at once', () => {
  it('of one seat exactly one counts', async () => {
    for (let round = 0; round < 5; round++) {
      const { id, tasks } = await flow.ask('8')
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
      const after = await flow.look(id)
      expect(after.events.filter(({ kind }) => kind === 'decided')).toHaveLength(1)
      expect(after.outcome).toBe(after.events.find(({ kind }) => kind === 'decided')!.outcome)
    }
  })

  it('of several seats each counts once', async () => {
    const key = await flow.publish(
      definition('request', [
        approval('both', { rule: 'all', candidates: candidates(manager, second, administrator) }),
      ]),
    )
    const { id } = await flow.ask(null, engineer, key)
    await Promise.all([flow.decide(manager, id, 'approved'), flow.decide(second, id, 'approved')])
    const between = await flow.look(id)
    expect(between).toMatchObject({ state: 'running', waitingFor: ['administrator'] })
    expect(await flow.decide(administrator, id, 'approved')).toMatchObject({ outcome: 'approved' })
  })

  it('the same press twice is one', async () => {
    const { id, tasks } = await flow.ask('9')
    const body = { commandId: randomUUID(), outcome: 'approved' as const }
    const press = () => manager.call('POST /api/tasks/:id/decide', { params: { id: tasks[0]!.id }, body })
    const [one, two] = await Promise.all([press(), press()])
    expect(one.state).toBe('finished')
    expect(two.events.filter(({ kind }) => kind === 'decided')).toHaveLength(1)
    expect(await flow.tasksOf(second, id)).toEqual([])
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
    const id = await flow.startPermit(await flow.publish(definition('testPermit', steps)))
    const before = await flow.look(id)
    // As when the process dies at the last line: the connection is gone before the commit
    for (const failing of [
      () => Promise.reject(new Error('no paper')),
      (tx: Parameters<typeof rowsOf>[0]) => rowsOf(tx, 'select pg_terminate_backend(pg_backend_pid())'),
    ]) {
      permits.whenFinished = failing
      await expect(flow.decide(manager, id, 'approved')).rejects.toMatchObject({ details: { status: 500 } })
      expect(await flow.look(id)).toEqual(before)
    }
    const stamps = () =>
      hub.hub.db.pool.query(`select 1 from setup_token where token_hash = decode(md5($1), 'hex')`, [id])
    expect((await stamps()).rowCount).toBe(0)
    permits.whenFinished = () => Promise.resolve()
    expect(await flow.decide(manager, id, 'approved')).toMatchObject({
      outcome: 'approved',
      link: expect.stringContaining('/permits/') as string,
    })
    expect([(await stamps()).rowCount, permits.seen.at(-1)]).toEqual([1, { id, outcome: 'approved' }])
  })

  it('begins in a transaction of Prisma too, once per subject, with valid fields', async () => {
    const key = await flow.publish(
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
    expect(await flow.look(id)).toMatchObject({
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
    await flow.decide(manager, id, 'approved')
    await start()
  })
})

describe('definitions', () => {
  it('running processes keep their version', async () => {
    const key = await flow.publish(
      definition('request', [approval('first', { candidates: candidates(manager) })]),
    )
    const old = await flow.ask(null, engineer, key)
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
    const fresh = await flow.ask(null, engineer, key)
    expect([(await flow.look(old.id)).step!.key, (await flow.look(fresh.id)).step!.key]).toEqual([
      'first',
      'other',
    ])
    expect(await flow.decide(manager, old.id, 'approved')).toMatchObject({
      definition: { version: 1 },
      outcome: 'approved',
    })
    await administrator.call('POST /api/process-definitions/:key/retire', {
      params: { key },
      body: { revision: published.revision, retired: true },
    })
    await expect(flow.ask(null, engineer, key)).rejects.toMatchObject({
      code: 'process_definition.not_found',
    })
    expect(await flow.decide(second, fresh.id, 'approved')).toMatchObject({ outcome: 'approved' })
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
    await expect(flow.ask(null, engineer, 'wrong')).rejects.toMatchObject({
      code: 'process_definition.not_found',
    })
  })
})

describe('who sees what', () => {
  it('is what one started, takes part in, or may read in its project', async () => {
    const { id, tasks } = await flow.ask('12')
    const stranger = await hub.as('manager', [])
    const colleague = await hub.as('engineer', [projectId])
    const own = await hub.as('manager', [projectId], { records: 'own' })
    for (const client of [stranger, colleague, own]) {
      await expect(flow.look(id, client)).rejects.toMatchObject({ code: 'process.not_found' })
      expect((await client.call('GET /api/processes')).items.map((one) => one.id)).not.toContain(id)
      expect(await flow.tasksOf(client, id)).toEqual([])
      const params = { id: tasks[0]!.id }
      const body = { commandId: randomUUID(), outcome: 'approved' as const }
      await expect(client.call('POST /api/tasks/:id/decide', { params, body })).rejects.toMatchObject({
        code: 'task.not_found',
      })
    }
    for (const client of [engineer, manager, administrator])
      expect(await flow.look(id, client)).toMatchObject({ id })
    await expect(engineer.call('GET /api/process-definitions')).rejects.toMatchObject({
      code: 'auth.forbidden',
    })
    const names = await stranger.call('GET /api/workflow-people', { query: { ids: manager.userId } })
    expect(names).toEqual([])
  })

  it('pages through both lists once', async () => {
    for (let index = 0; index < 7; index++) await flow.ask(String(index + 20))
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
