/** When a group of a device is read, pure. All times are milliseconds of the monotonic clock. */

export interface PollTask {
  readonly deviceKey: string
  readonly group: string
  readonly intervalMs: number
  /** Where this task's regular instants lie: `anchorMs + k × intervalMs`. */
  readonly anchorMs: number
  dueMs: number
}

/** After a start every value should soon be fresh: the first round takes at most this long. */
const FIRST_ROUND_MS = 5_000

/**
 * Spreads tasks over their interval so that the units of a bus don't all come due at once; tasks of the same
 * device lie apart too.
 */
export function spreadTasks(
  tasks: readonly { deviceKey: string; group: string; intervalMs: number }[],
  startMs: number,
): PollTask[] {
  return tasks.map((task, index) => {
    const share = index / tasks.length
    return {
      ...task,
      anchorMs: startMs + share * task.intervalMs,
      dueMs: startMs + share * Math.min(task.intervalMs, FIRST_ROUND_MS),
    }
  })
}

/** The first regular instant after `afterMs`. */
export function nextRegular(task: PollTask, afterMs: number): number {
  const periods = Math.floor((afterMs - task.anchorMs) / task.intervalMs) + 1
  return task.anchorMs + periods * task.intervalMs
}

/**
 * What follows a poll that was due at `task.dueMs` and ended at `finishedMs`. A poll that is not complete when the
 * next one is due has missed its deadline, and so has each one that never began meanwhile; the one whose time is
 * now is still due.
 */
export function afterPoll(task: PollTask, finishedMs: number): { dueMs: number; missed: number } {
  // Half an interval of grace after the irregular first poll.
  const deadlineMs = nextRegular(task, task.dueMs + task.intervalMs / 2)
  if (finishedMs < deadlineMs) return { dueMs: deadlineMs, missed: 0 }
  const late = Math.floor((finishedMs - deadlineMs) / task.intervalMs)
  return { dueMs: deadlineMs + late * task.intervalMs, missed: late + 1 }
}
