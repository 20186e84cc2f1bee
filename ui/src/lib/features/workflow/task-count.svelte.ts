import { call } from '#lib/api/client.ts'

/** How much waits for this person; shown in the navigation. */
class TaskCount {
  open = $state(0)
  overdue = $state(0)
  /** Grows when tasks came or went: lists that are open ask again. */
  changes = $state(0)

  /** Asks the hub; what cannot be had leaves the numbers as they were. */
  async refresh(): Promise<void> {
    const count = await call('GET /api/tasks/count').catch(() => null)
    if (!count) return
    if (count.open !== this.open) this.changes++
    this.open = count.open
    this.overdue = count.overdue
  }

  /** The hub says that something changed, perhaps one for another. */
  async changed(): Promise<void> {
    await this.refresh()
    this.changes++
  }
}
export const taskCount = new TaskCount()
