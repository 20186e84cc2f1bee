import { call } from '#lib/api/client.ts'

/** How much waits for this person; shown in the navigation. */
class TaskCount {
  open = $state(0)
  overdue = $state(0)

  /** Asks the hub; what cannot be had leaves the numbers as they were. */
  async refresh(): Promise<void> {
    const count = await call('GET /api/tasks/count').catch(() => null)
    if (!count) return
    this.open = count.open
    this.overdue = count.overdue
  }
}
export const taskCount = new TaskCount()
