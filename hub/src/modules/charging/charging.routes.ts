import { fail } from '../../platform/errors.ts'
import { route } from '../../platform/http/route.ts'
import type { HubApp } from '../../platform/module.ts'
import { findProject } from '../estate/index.ts'
import { importAssignments } from './assignments.service.ts'
import { cancelRun, createRun, issueRun, readRun, recomputeRun } from './bill-run.service.ts'
import { listRuns, runDto } from './bill-runs.repository.ts'
import { findBill, listBills, listHeld } from './bills.repository.ts'
import { chargingErrors } from './errors.ts'
import { billColumns, heldColumns, orderBy, runColumns } from './sorting.ts'
import { listItems, listTariffs } from './tariffs.repository.ts'
import { addVersion, createItem, createTariff } from './tariffs.service.ts'

const read = { permission: 'charging.read' } as const
const write = { permission: 'charging.write' } as const

export function chargingRoutes(app: HubApp): void {
  tariffRoutes(app)
  runRoutes(app)
  billRoutes(app)
}

function tariffRoutes(app: HubApp): void {
  route(app, 'GET /api/charge-items', read, async ({ hub, user, query }) => {
    await findProject(hub, user, query.projectId)
    return listItems(hub.db.pool, query.projectId)
  })
  route(app, 'POST /api/charge-items', write, ({ hub, user, audit, body }) =>
    createItem(hub, { user, audit }, body),
  )
  route(app, 'GET /api/tariffs', read, async ({ hub, user, query }) => {
    await findProject(hub, user, query.projectId)
    return listTariffs(hub.db.pool, query.projectId)
  })
  route(app, 'POST /api/tariffs', write, ({ hub, user, audit, body }) =>
    createTariff(hub, { user, audit }, body),
  )
  route(app, 'POST /api/tariffs/:id/versions', write, ({ hub, user, audit, params, body }) =>
    addVersion(hub, { user, audit }, params.id, body),
  )
  route(
    app,
    'POST /api/projects/:id/assignments/import',
    write,
    ({ hub, user, audit, params, query, body }) =>
      importAssignments(hub, { user, audit }, params.id, body, query.dryRun),
  )
}

function runRoutes(app: HubApp): void {
  route(app, 'GET /api/bill-runs', read, async ({ hub, user, query }) => {
    await findProject(hub, user, query.projectId)
    const order = orderBy(query.sort, runColumns, 'run.created_at DESC')
    const { rows, total } = await listRuns(hub.db.pool, { ...query, orderBy: order }, hub.clock.now())
    return { items: rows.map(runDto), total, page: query.page, pageSize: query.pageSize }
  })
  route(app, 'POST /api/bill-runs', write, ({ hub, user, audit, body }) =>
    createRun(hub, { user, audit }, body),
  )
  route(app, 'GET /api/bill-runs/:id', read, async ({ hub, user, params }) =>
    runDto(await readRun(hub, user, params.id)),
  )
  route(app, 'POST /api/bill-runs/:id/recompute', write, ({ hub, user, audit, params }) =>
    recomputeRun(hub, { user, audit }, params.id),
  )
  route(
    app,
    'POST /api/bill-runs/:id/issue',
    { permission: 'billRuns.issue' },
    ({ hub, user, audit, params }) => issueRun(hub, { user, audit }, params.id),
  )
  route(app, 'POST /api/bill-runs/:id/cancel', write, ({ hub, user, audit, params }) =>
    cancelRun(hub, { user, audit }, params.id),
  )
}

function billRoutes(app: HubApp): void {
  route(app, 'GET /api/bill-runs/:id/held', read, async ({ hub, user, params, query }) => {
    const run = await readRun(hub, user, params.id)
    const order = orderBy(query.sort, heldColumns, 'household.account_number')
    const held = await listHeld(hub.db.pool, { ...query, runId: run.id, orderBy: order })
    return { ...held, page: query.page, pageSize: query.pageSize }
  })
  route(app, 'GET /api/bills', read, async ({ hub, user, query }) => {
    await findProject(hub, user, query.projectId)
    const order = orderBy(query.sort, billColumns, 'bill.month DESC, household.account_number')
    const bills = await listBills(hub.db.pool, { ...query, orderBy: order })
    return { ...bills, page: query.page, pageSize: query.pageSize }
  })
  route(app, 'GET /api/bills/:id', read, async ({ hub, user, params }) => {
    const bill = await findBill(hub.db.pool, user, params.id)
    if (!bill) throw fail(chargingErrors.billNotFound, 'There is no such bill', { id: params.id })
    return bill
  })
}
