/** Deadlines: rows that are looked through every minute; a process that dies loses none. */
import { auditAsSystem } from '../audit/audit.ts'
import type { Hub } from '../module.ts'
import { peopleFor } from './directory.repository.ts'
import { excludesStarter } from './engine/votes.ts'
import { openRun } from './run-command.ts'
import type { ProcessRun } from './process-run.ts'
import { dueTimers, takeTimer, type TimerRow } from './task.repository.ts'

const AT_ONCE = 100

/** Fires what is due; one that fails stays and is tried the next time. @returns how many fired */
export async function fireDueTimers(hub: Hub): Promise<number> {
  const log = hub.log.child({ module: 'workflow' })
  let fired = 0
  let last: TimerRow | null = null
  for (;;) {
    const due: TimerRow[] = await dueTimers(hub.db.pool, hub.clock.now(), last, AT_ONCE)
    for (const timer of due) {
      last = timer
      try {
        if (await fire(hub, timer)) fired++
      } catch (error) {
        log.error({ err: error, processId: timer.processId, timerId: timer.id }, 'deadline of a process')
      }
    }
    if (due.length < AT_ONCE) return fired
  }
}

function fire(hub: Hub, timer: TimerRow): Promise<boolean> {
  const audit = auditAsSystem('workflow')
  return hub.db.transaction(async (tx) => {
    const run = await openRun(hub, tx, audit, timer.processId)
    if (!(await takeTimer(tx, timer.id, run.scene.now))) return false
    const step = run.waiting
    const deadline = step?.deadlines[timer.deadline]
    if (!step || !deadline || timer.round !== run.standing.context.round) return false
    if (deadline.then === 'mark') run.note({ kind: 'overdue', step: step.key })
    if (deadline.then === 'escalate') await escalate(run, timer)
    if (deadline.then === 'timeOut') {
      run.note({ kind: 'expired', step: step.key })
      await run.move({ type: 'TIME_OUT', round: timer.round })
    }
    await audit(tx, {
      ...{ action: `process.${deadline.then}`, entity: 'process', entityId: run.row.id },
      ...{ projectId: run.row.projectId, after: { title: run.row.title, step: step.key } },
    })
    await run.save()
    return true
  })
}

/** Those above may decide in place of the others; who is asked already is not asked twice. */
async function escalate(run: ProcessRun, { deadline, round }: TimerRow): Promise<void> {
  const step = run.waiting!
  const { seats, starterId } = run.standing.context
  const asked = new Set(seats.flatMap(({ holders, vote }) => [...holders, ...(vote ? [vote.by] : [])]))
  if (excludesStarter(step)) asked.add(starterId)
  const above = await peopleFor(run.scene.tx, step.deadlines[deadline]!.to, run.candidateContext)
  const people = above.filter((id) => !asked.has(id))
  run.note({ kind: 'escalated', step: step.key, people })
  if (people.length > 0) await run.move({ type: 'ESCALATE', round, holders: people })
}
