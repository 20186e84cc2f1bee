import type { BillRun } from '@courtyard/protocols/contract'
import { setTimeout as delay } from 'node:timers/promises'
import { HubError, type HubClient } from '../hub-client.ts'

const POLL_MS = 1_000
const COMPUTE_ANEW = ['bill_run.stale', 'bill_run.usage_pending']

/**
 * Issues a month's bills of one item when every account's usage is there; a run that an earlier start has begun
 * goes on. Rejects when accounts are still held at `deadlineMs`: nobody is billed by guess.
 */
export async function issueBills(
  hub: HubClient,
  projectId: string,
  itemId: string,
  month: string,
  deadlineMs: number,
): Promise<BillRun> {
  let run = (await findRun(hub, projectId, itemId, month)) ?? (await createRun(hub, projectId, itemId, month))
  for (;;) {
    run = await settled(hub, run)
    if (run.status === 'issued') return run
    if (run.status === 'previewed' && run.held === 0) {
      const issued = await tryIssue(hub, run)
      if (issued) {
        run = issued
        continue
      }
    }
    if (Date.now() > deadlineMs) throw new Error(describeHeld(run))
    await delay(POLL_MS)
    run = await hub.call('POST /api/bill-runs/:id/recompute', { params: { id: run.id } })
  }
}

async function findRun(hub: HubClient, projectId: string, itemId: string, month: string) {
  const { items } = await hub.call('GET /api/bill-runs', { query: { projectId, pageSize: 500 } })
  return items.find((run) => run.item.id === itemId && run.month === month && run.status !== 'cancelled')
}

function createRun(hub: HubClient, projectId: string, itemId: string, month: string): Promise<BillRun> {
  return hub.call('POST /api/bill-runs', { body: { projectId, itemId, month } })
}

async function settled(hub: HubClient, run: BillRun): Promise<BillRun> {
  while (run.status === 'computing' || run.status === 'issuing') {
    await delay(250)
    run = await hub.call('GET /api/bill-runs/:id', { params: { id: run.id } })
  }
  return run
}

/** Null when usage changed since the preview or is about to, so that it must be computed anew. */
async function tryIssue(hub: HubClient, run: BillRun): Promise<BillRun | null> {
  try {
    return await hub.call('POST /api/bill-runs/:id/issue', { params: { id: run.id } })
  } catch (error) {
    if (error instanceof HubError && COMPUTE_ANEW.includes(error.code)) return null
    throw error
  }
}

function describeHeld(run: BillRun): string {
  return `${run.item.label.en} ${run.month}: ${run.status}, ${run.held} accounts held, ${run.error ?? 'not issued'}`
}
