import { sayImport } from '../../platform/csv.ts'
import { fail } from '../../platform/errors.ts'
import { route } from '../../platform/http/route.ts'
import type { HubApp } from '../../platform/module.ts'
import { findProject } from '../estate/index.ts'
import { importAssignments } from './assignments.service.ts'
import { billPrintRoutes } from './bill-print.routes.ts'
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
  billPrintRoutes(app)
}

function tariffRoutes(app: HubApp): void {
  route(app, 'GET /api/charge-items', read, async ({ hub, user, query }) => {
    await findProject(hub, user, query.projectId, 'charging.read')
    return listItems(hub.db.pool, query.projectId)
  })
  route(app, 'POST /api/charge-items', write, ({ hub, user, audit, body }) =>
    createItem(hub, { user, audit }, body),
  )
  route(app, 'GET /api/tariffs', read, async ({ hub, user, query }) => {
    await findProject(hub, user, query.projectId, 'charging.read')
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
    async ({ hub, user, audit, params, query, body, say }) =>
      sayImport(await importAssignments(hub, { user, audit }, params.id, body, query.dryRun), say),
  )
}

function runRoutes(app: HubApp): void {
  route(app, 'GET /api/bill-runs', read, async ({ hub, user, query, say }) => {
    await findProject(hub, user, query.projectId, 'charging.read')
    const order = orderBy(query.sort, runColumns, 'run.created_at DESC')
    const { rows, total } = await listRuns(hub.db.pool, user, { ...query, orderBy: order }, hub.clock.now())
    return { items: rows.map((row) => runDto(row, say)), total, page: query.page, pageSize: query.pageSize }
  })
  route(app, 'POST /api/bill-runs', write, async ({ hub, user, audit, body, say }) =>
    runDto(await createRun(hub, { user, audit }, body), say),
  )
  route(app, 'GET /api/bill-runs/:id', read, async ({ hub, user, params, say }) =>
    runDto(await readRun(hub, user, params.id), say),
  )
  route(app, 'POST /api/bill-runs/:id/recompute', write, async ({ hub, user, audit, params, say }) =>
    runDto(await recomputeRun(hub, { user, audit }, params.id), say),
  )
  route(
    app,
    'POST /api/bill-runs/:id/issue',
    { permission: 'billRuns.issue' },
    async ({ hub, user, audit, params, say }) => runDto(await issueRun(hub, { user, audit }, params.id), say),
  )
  route(app, 'POST /api/bill-runs/:id/cancel', write, async ({ hub, user, audit, params, say }) =>
    runDto(await cancelRun(hub, { user, audit }, params.id), say),
  )
}

function billRoutes(app: HubApp): void {
  route(app, 'GET /api/bill-runs/:id/held', read, async ({ hub, user, params, query, say }) => {
    const run = await readRun(hub, user, params.id)
    const order = orderBy(query.sort, heldColumns, 'household.account_number')
    const held = await listHeld(hub.db.pool, { ...query, runId: run.id, orderBy: order })
    const items = held.items.map((item) => ({ ...item, detail: say(item.detail) }))
    return { items, total: held.total, page: query.page, pageSize: query.pageSize }
  })
  route(app, 'GET /api/bills', read, async ({ hub, user, query }) => {
    await findProject(hub, user, query.projectId, 'charging.read')
    const order = orderBy(query.sort, billColumns, 'bill.month DESC, household.account_number')
    const bills = await listBills(hub.db.pool, user, { ...query, orderBy: order })
    return { ...bills, page: query.page, pageSize: query.pageSize }
  })
  route(app, 'GET /api/bills/:id', read, async ({ hub, user, params }) => {
    const bill = await findBill(hub.db.pool, user, params.id)
    if (!bill) throw fail(chargingErrors.billNotFound, 'There is no such bill', { id: params.id })
    return bill
  })
}
