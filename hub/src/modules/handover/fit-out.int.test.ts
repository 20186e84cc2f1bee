import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { FitOutPermit, TaskOutcome } from '@courtyard/protocols/contract'
import { startTestHub, type TestClient, type TestHub } from '../../platform/testing.ts'
import { subscribeForTest, toldEvents } from '../../platform/webhooks/testing.ts'
import { accountsModule } from '../accounts/index.ts'
import { estateModule } from '../estate/index.ts'
import { newParty, smallEstate } from '../parties/testing.ts'
import { partiesModule } from '../parties/index.ts'
import { workflowModule } from '../workflow/index.ts'
import { handoverModule } from './index.ts'

let hub: TestHub
let projectId: string
let room: string
let applicantId: string
let agent: TestClient
let engineer: TestClient
let manager: TestClient
let clerk: TestClient
let permit: FitOutPermit

beforeAll(async () => {
  hub = await startTestHub({
    modules: [accountsModule, estateModule, partiesModule, workflowModule, handoverModule],
  })
})
afterAll(() => hub.stop())
beforeEach(async () => {
  const estate = await smallEstate(hub)
  projectId = estate.projectId
  room = estate.rooms.get('0102')!
  applicantId = await newParty(hub, projectId, '陈静')
  const of = (role: string) => hub.as(role, [projectId])
  ;[agent, engineer, manager, clerk] = await Promise.all([
    of('serviceAgent'),
    of('engineer'),
    of('manager'),
    of('billingClerk'),
  ])
})

async function apply(depositAmount: string): Promise<void> {
  permit = await agent.call('POST /api/rooms/:id/fit-out-permits', {
    params: { id: room },
    body: {
      ...{ applicantId, company: '筑家装饰', work: '厨房、卫生间改造', depositAmount },
      ...{ startsOn: '2026-01-01', endsOn: '2036-12-31' },
    },
  })
}
const look = async (who = agent) =>
  (permit = await who.call('GET /api/fit-out-permits/:id/file', { params: { id: permit.id } }))

/** The task that waits for somebody, answered on the page of the permit. */
async function answer(who: TestClient, outcome: TaskOutcome, fields: Record<string, string> = {}) {
  const task = (await look(who)).process?.myTask
  if (!task) expect.unreachable(`nothing waits at ${permit.process?.step?.key ?? permit.state}`)
  const body = { commandId: randomUUID(), outcome, comment: '', fields }
  await who.call('POST /api/tasks/:id/decide', { params: { id: task.id }, body })
  return look()
}
const inspect = (result: 'ok' | 'defect') =>
  engineer.call('POST /api/fit-out-permits/:id/inspections', {
    params: { id: permit.id },
    body: { result, remark: '' },
  })

test('from the application over two approvals, deposit, work and inspections to the refund', async () => {
  await subscribeForTest(hub.hub.db.pool, ['fitOutPermit.created', 'fitOutPermit.changed'])
  await apply('2000.00')
  expect(permit).toMatchObject({
    ...{ state: 'submitted', depositState: 'due', number: expect.stringMatching(/^ZX-\d{4}-0001$/) },
    process: { state: 'running', step: { key: 'review' }, myTask: null, waitingFor: ['engineer'] },
  })
  await answer(engineer, 'approved')
  expect(await answer(manager, 'approved')).toMatchObject({
    ...{ state: 'approved', process: { step: { key: 'deposit' } } },
  })
  expect(await answer(clerk, 'done')).toMatchObject({
    ...{ state: 'working', depositState: 'held', process: { step: { key: 'work' } } },
  })
  const today = new Date().toISOString().slice(0, 10)
  const { passes } = await agent.call('POST /api/fit-out-permits/:id/passes', {
    params: { id: permit.id },
    body: { workerName: '刘师傅', validFrom: today, validTo: today },
  })
  const gate = () => agent.call('GET /api/fit-out-passes/:code', { params: { code: passes[0]!.code } })
  // The project's day may be a day ahead of UTC
  expect(['ok', 'over']).toContain((await gate()).why)
  await agent.call('POST /api/fit-out-passes/:id/revoke', { params: { id: passes[0]!.id } })
  expect(await gate()).toMatchObject({ valid: false, why: 'revoked' })

  await answer(engineer, 'done')
  await expect(answer(engineer, 'approved')).rejects.toMatchObject({ code: 'permit.refused' })
  await inspect('defect')
  await answer(engineer, 'refused')
  expect(permit).toMatchObject({ state: 'working', process: { step: { key: 'work' } } })
  await answer(agent, 'done')
  await inspect('ok')
  expect(await answer(engineer, 'approved')).toMatchObject({
    ...{ state: 'finished', process: { step: { key: 'refund' } }, maySettle: false },
  })
  await expect(answer(clerk, 'done', { refundedAmount: '2000.01' })).rejects.toMatchObject({
    details: { issues: [{ path: 'body.fields.refundedAmount' }] },
  })
  expect(await answer(clerk, 'done', { refundedAmount: '1800' })).toMatchObject({
    ...{ state: 'closed', depositState: 'refunded', refundedAmount: '1800.00' },
    process: { state: 'finished', outcome: 'done' },
  })
  const file = await agent.call('GET /api/rooms/:id/file', { params: { id: room } })
  expect(file.decorationState).toBe('decorated')
  const told = await hub.hub.db.pool.query<{ template: string }>(
    `select distinct m.template from message m join message_delivery d on d.message_id = m.id
     where m.project_id = $1 and d.user_id = $2 order by 1`,
    [projectId, agent.userId],
  )
  expect(told.rows.map(({ template }) => template)).toEqual([
    'workflow.decided',
    'workflow.finished',
    'workflow.task',
  ])
  const news = async (type: string) => (await toldEvents(hub.hub.db.pool, type)).map(({ data }) => data)
  expect(await news('fitOutPermit.created')).toMatchObject([{ id: permit.id, action: 'apply' }])
  const steps = (await news('fitOutPermit.changed')).map(({ action }) => action)
  expect(steps).toEqual(expect.arrayContaining(['approve', 'begin', 'finish']))
  const stranger = await hub.as('manager', [(await smallEstate(hub)).projectId])
  await expect(look(stranger)).rejects.toMatchObject({ code: 'not_found' })
})

test('what was sent back is put right, without a deposit work begins at once', async () => {
  await apply('500')
  await answer(engineer, 'sentBack')
  await expect(answer(agent, 'done', { endsOn: '2025-01-01' })).rejects.toMatchObject({
    details: { issues: [{ path: 'body.fields.endsOn' }] },
  })
  await answer(agent, 'done', { company: '美居装饰', depositAmount: '0' })
  expect(permit).toMatchObject({ company: '美居装饰', depositAmount: '0.00', depositState: 'none' })
  await answer(engineer, 'approved')
  expect(await answer(manager, 'approved')).toMatchObject({ state: 'working', endsOn: '2036-12-31' })
  await answer(engineer, 'done')
  await inspect('ok')
  expect(await answer(manager, 'approved')).toMatchObject({ state: 'closed', depositState: 'none' })
})

test('refused is refused; given up with the deposit in hand, it is given back afterwards, once', async () => {
  await apply('500')
  await answer(engineer, 'approved')
  expect(await answer(manager, 'refused')).toMatchObject({
    state: 'rejected',
    process: { outcome: 'refused' },
  })
  await apply('500')
  await answer(engineer, 'approved')
  await answer(manager, 'approved')
  await answer(clerk, 'done')
  const settle = (who = agent) =>
    who.call('POST /api/fit-out-permits/:id/deposit', {
      params: { id: permit.id },
      body: { version: permit.version, refundedAmount: null },
    })
  await expect(settle()).rejects.toMatchObject({ code: 'permit.refused' })
  await agent.call('POST /api/processes/:id/withdraw', {
    params: { id: permit.process!.id },
    body: { commandId: randomUUID(), comment: '' },
  })
  expect(await look()).toMatchObject({ state: 'cancelled', depositState: 'held', maySettle: true })
  await expect(settle(engineer)).rejects.toMatchObject({ code: 'auth.forbidden' })
  const twice = await Promise.allSettled([settle(), settle()])
  expect(twice.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  expect(await look()).toMatchObject({
    ...{ state: 'cancelled', depositState: 'refunded', refundedAmount: '500.00', maySettle: false },
  })
})
