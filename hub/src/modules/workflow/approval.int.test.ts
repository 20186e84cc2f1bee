/** Approvals as people go through them: who is asked, who answers, who is told, until when. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { TestClient, TestHub } from '../../platform/testing.ts'
import { subscribeForTest, toldEvents } from '../../platform/webhooks/testing.ts'
import { fireDueTimers } from '../../platform/workflow/timers.ts'
import { approval, candidates, definition, eventsOf, permits, WorkflowFixture } from './testing.ts'

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

describe('approval over two levels', () => {
  it('asks the company only above the amount, exactly', async () => {
    const small = await flow.ask('5000.00')
    expect(await flow.decide(manager, small.id, 'approved')).toMatchObject({
      state: 'finished',
      outcome: 'approved',
    })
    const large = await flow.ask('5000.01')
    const between = await flow.decide(manager, large.id, 'approved', { comment: 'needed' })
    expect(between).toMatchObject({
      state: 'running',
      step: { key: 'second' },
      waitingFor: ['administrator'],
    })
    const done = await flow.decide(administrator, large.id, 'approved')
    expect(done).toMatchObject({ state: 'finished', outcome: 'approved', step: null, waitingFor: [] })
    expect(eventsOf(done)).toEqual([
      ...['started', 'entered start', 'entered approval', 'decided approval approved', 'entered size'],
      ...['entered second', 'decided second approved', 'entered approved', 'finished approved'],
    ])
    expect(done.events[3]).toMatchObject({ by: 'manager', comment: 'needed' })
  })

  it('goes back to who asked and the whole way again', async () => {
    const { id } = await flow.ask('100')
    await flow.decide(manager, id, 'sentBack', { comment: 'which pump?' })
    expect(await flow.tasksOf(manager, id)).toEqual([])
    const [task] = await flow.tasksOf(engineer, id)
    expect(task).toMatchObject({
      step: { key: 'revise', kind: 'task' },
      edits: ['text', 'amount'],
      outcomes: ['done'],
    })
    await expect(flow.decide(engineer, id, 'done', { fields: { amount: '1.234' } })).rejects.toMatchObject({
      details: { issues: [{ path: 'body.fields.amount' }] },
    })
    const again = await flow.decide(engineer, id, 'done', { fields: { amount: '6000' } })
    expect(again).toMatchObject({
      fields: { amount: '6000', text: 'The old one leaks' },
      step: { key: 'approval' },
    })
    await flow.decide(manager, id, 'approved')
    expect(await flow.decide(administrator, id, 'refused')).toMatchObject({
      state: 'finished',
      outcome: 'refused',
    })
  })

  it('never asks who started it', async () => {
    const { id } = await flow.ask('1', manager)
    expect(await flow.tasksOf(manager, id)).toEqual([])
    const { tasks } = await flow.look(id)
    expect(tasks[0]!.holders.map((one) => one.id)).toEqual([second.userId])
    await expect(
      manager.call('POST /api/tasks/:id/decide', {
        params: { id: tasks[0]!.id },
        body: { commandId: randomUUID(), outcome: 'approved' },
      }),
    ).rejects.toMatchObject({ code: 'task.not_found' })
    await flow.decide(second, id, 'approved')
  })

  it('is written down: history, audit, and what other systems are told', async () => {
    await subscribeForTest(hub.hub.db.pool, ['process.finished'])
    const { id } = await flow.ask('2')
    await flow.decide(manager, id, 'refused', { comment: 'no money' })
    const { rows } = await hub.hub.db.pool.query(
      `select action, actor, after->>'comment' as comment from audit_entry where entity_id = $1 order by id`,
      [id],
    )
    expect(rows).toMatchObject([
      { action: 'process.start' },
      { action: 'process.decide', comment: 'no money' },
    ])
    const told = await toldEvents(hub.hub.db.pool, 'process.finished')
    expect(told).toMatchObject([{ data: { processId: id, outcome: 'refused' } }])
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
    const { id } = await flow.ask('3')
    const other = await flow.ask('4')
    expect((await flow.tasksOf(deputy, id))[0]).toMatchObject({
      onBehalfOf: { id: manager.userId },
      outcomes: ['approved', 'refused', 'sentBack'],
    })
    const done = await flow.decide(deputy, id, 'approved')
    expect(done.events.find(({ kind }) => kind === 'decided')).toMatchObject({
      by: 'engineer',
      onBehalfOf: 'manager',
    })
    flow.clock.set('2026-11-21T00:00:00Z')
    expect(await flow.tasksOf(deputy, other.id)).toEqual([])
    flow.clock.set('2026-11-20T03:00:00Z')
    await manager.call('POST /api/task-delegations/:id/end', { params: { id: delegationId } })
    const [open] = (await flow.look(other.id)).tasks
    await expect(
      deputy.call('POST /api/tasks/:id/decide', {
        params: { id: open!.id },
        body: { commandId: randomUUID(), outcome: 'approved' },
      }),
    ).rejects.toMatchObject({ code: 'task.not_found' })
    await flow.decide(manager, other.id, 'approved')
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
    const { id, tasks } = await flow.ask('5')
    expect(await flow.tasksOf(engineer, id)).toEqual([])
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
    const key = await flow.publish(
      definition('request', [approval('head', { candidates: [{ kind: 'departmentHead' }] })]),
    )
    const holders = async (client: TestClient) =>
      (await flow.ask(null, client, key)).tasks[0]!.holders.map((one) => one.id)
    expect(await holders(worker)).toEqual([manager.userId])
    expect(await holders(manager)).toEqual([second.userId])
    const lone = await flow.ask(null, await hub.as('engineer', [projectId]), key)
    expect(lone.tasks[0]!.holders.map((one) => one.id)).toEqual([administrator.userId])
    expect(eventsOf(lone)).toContain('fallback head')
  })

  it('an administrator gives a task to another', async () => {
    const { id, tasks } = await flow.ask('7')
    const give = (client: TestClient, userId: string) =>
      client.call('POST /api/tasks/:id/reassign', {
        params: { id: tasks[0]!.id },
        body: { commandId: randomUUID(), userId, comment: 'on holiday' },
      })
    await expect(give(manager, second.userId)).rejects.toMatchObject({ code: 'auth.forbidden' })
    await expect(give(administrator, engineer.userId)).rejects.toMatchObject({ code: 'task.own_process' })
    const given = await give(administrator, second.userId)
    expect(given.waitingFor).toEqual(['manager'])
    expect(await flow.tasksOf(manager, id)).toEqual([])
    await flow.decide(second, id, 'approved')
  })
})

describe('deadlines', () => {
  it('escalate after working hours: one voice above decides', async () => {
    // Friday 10:00 there; 18 working hours of nine a day: Tuesday 10:00
    const { id } = await flow.ask('11')
    expect((await flow.look(id)).step!.dueAt).toBe('2026-11-24T02:00:00.000Z')
    flow.clock.set('2026-11-24T01:59:59Z')
    await fireDueTimers(hub.hub)
    expect(await flow.tasksOf(administrator, id)).toEqual([])
    flow.clock.set('2026-11-24T02:00:00Z')
    await Promise.all([fireDueTimers(hub.hub), fireDueTimers(hub.hub)])
    const escalated = await flow.look(id)
    expect(escalated).toMatchObject({
      overdue: true,
      tasks: [{ state: 'open' }, { state: 'open', escalated: true }],
    })
    expect(eventsOf(escalated).filter((one) => one.startsWith('escalated'))).toHaveLength(1)
    expect((await manager.call('GET /api/tasks/count')).overdue).toBeGreaterThan(0)
    const done = await flow.decide(administrator, id, 'approved')
    expect(done).toMatchObject({ outcome: 'approved', tasks: [{ state: 'cancelled' }, { state: 'decided' }] })
  })

  it('end a step when the definition says so', async () => {
    const key = await flow.publish(
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
    const id = await flow.startPermit(key)
    flow.clock.set('2026-11-20T03:00:00Z')
    await fireDueTimers(hub.hub)
    expect(await flow.look(id)).toMatchObject({ state: 'running', overdue: true })
    flow.clock.set('2026-11-20T04:00:00Z')
    await fireDueTimers(hub.hub)
    const over = await flow.look(id)
    expect(over).toMatchObject({ outcome: 'refused' })
    expect(eventsOf(over).slice(-4)).toEqual([
      'overdue check',
      'expired check',
      'entered no',
      'finished refused',
    ])
  })
})

describe('withdrawing, ending, commenting', () => {
  it('is for who started it, as long as it runs', async () => {
    const { id } = await flow.ask('10')
    const body = () => ({ commandId: randomUUID(), comment: 'not needed' })
    await expect(
      manager.call('POST /api/processes/:id/withdraw', { params: { id }, body: body() }),
    ).rejects.toMatchObject({
      code: 'process.not_starter',
    })
    const gone = await engineer.call('POST /api/processes/:id/withdraw', { params: { id }, body: body() })
    expect(gone).toMatchObject({ state: 'withdrawn', outcome: null, tasks: [{ state: 'cancelled' }] })
    expect(await flow.tasksOf(manager, id)).toEqual([])
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
    const key = await flow.publish(
      definition('testPermit', [approval('check', { candidates: candidates(manager) })]),
    )
    const id = await flow.startPermit(key)
    const body = { commandId: randomUUID(), comment: 'by mistake' }
    expect(
      await administrator.call('POST /api/processes/:id/cancel', { params: { id }, body }),
    ).toMatchObject({ state: 'cancelled', outcome: null })
    expect(permits.seen.at(-1)).toEqual({ id, outcome: 'cancelled' })
  })
})

describe('who is told', () => {
  /** Subjects of the messages about a process that somebody has, oldest first. */
  const told = async (client: TestClient, id: string) =>
    (await client.call('GET /api/messages', { query: { limit: 100 } })).items
      .filter(({ link }) => link === `/processes/${id}`)
      .map(({ subject, body }) => `${subject} | ${body}`)
      .toReversed()

  it('who is asked, who stands in for him, and the starter of each answer and the end', async () => {
    flow.clock.set('2026-11-23T02:00:00Z')
    const deputy = await hub.as('engineer', [projectId])
    const away = { id: randomUUID(), toId: deputy.userId, note: 'away' }
    const span = { fromAt: '2026-11-23T00:00:00Z', untilAt: '2026-11-24T00:00:00Z' }
    const delegation = await manager.call('POST /api/task-delegations', { body: { ...away, ...span } })
    const { id } = await flow.ask('9000')
    const task = '待办：New pump | engineer发起的“New pump”等待您办理：经理审批。'
    for (const client of [manager, second, deputy]) expect(await told(client, id)).toEqual([task])
    expect(await told(engineer, id)).toEqual([])
    flow.clock.advance(60_000)
    await flow.decide(manager, id, 'sentBack', { comment: '请附报价' })
    expect(await told(engineer, id)).toEqual([
      '待办：New pump | engineer发起的“New pump”等待您办理：修改申请。\nmanager：请附报价',
    ])
    flow.clock.advance(60_000)
    await flow.decide(engineer, id, 'done')
    flow.clock.advance(60_000)
    await flow.decide(second, id, 'approved')
    expect((await told(engineer, id)).at(-1)).toBe(
      'New pump：经理审批同意 | manager办理了“New pump”的“经理审批”：同意。',
    )
    flow.clock.advance(60_000)
    await flow.decide(administrator, id, 'approved')
    expect((await told(engineer, id)).at(-1)).toBe('New pump：通过 | 您发起的“New pump”已结束：通过。')
    await manager.call('POST /api/task-delegations/:id/end', { params: { id: delegation.id } })
  })

  it('in his language; who takes it back is not told of it', async () => {
    const reader = await hub.as('manager', [projectId])
    const wish = { language: 'en' as const, mutedChannels: [], quiet: null, mutedUntil: null }
    await reader.call('PUT /api/messages/preferences', { body: wish })
    const { id } = await flow.ask('1')
    expect(await told(reader, id)).toEqual([
      'To do: New pump | "New pump", started by engineer, waits for you: Approval by the manager.',
    ])
    const body = { commandId: randomUUID(), comment: '' }
    await engineer.call('POST /api/processes/:id/withdraw', { params: { id }, body })
    expect(await told(engineer, id)).toEqual([])
  })

  it('those above, and those who let it lie', async () => {
    const { id } = await flow.ask('2')
    flow.clock.set('2026-11-24T02:00:00Z')
    await fireDueTimers(hub.hub)
    expect((await told(administrator, id))[0]).toMatch(/^升级给您：New pump/)
    expect((await told(manager, id))[1]).toMatch(/^已超时：New pump/)
  })

  it('open pages hear that tasks came and went, with the transaction', async () => {
    const heard: string[] = []
    const stop = hub.hub.live.subscribe((event, _, { userId }) => {
      if (event === 'tasks' && userId) heard.push(userId)
    })
    const { id } = await flow.ask('3')
    await expect.poll(() => heard).toContain(second.userId)
    heard.length = 0
    flow.clock.advance(60_000)
    await flow.decide(manager, id, 'approved')
    await expect.poll(() => heard).toContain(second.userId)
    stop()
    // Nobody hears of a step that did not happen
    permits.whenFinished = () => Promise.reject(new Error('no paper'))
    const key = await flow.publish(
      definition('testPermit', [approval('check', { candidates: candidates(manager) })]),
    )
    const permit = await flow.startPermit(key)
    await expect(flow.decide(manager, permit, 'approved')).rejects.toMatchObject({ details: { status: 500 } })
    expect(await told(engineer, permit)).toEqual([])
  })
})
