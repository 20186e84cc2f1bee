import { call } from '#lib/api/client.ts'
import { session } from '#lib/state/session.svelte.ts'

/** How many commands wait for this person's approval; shown in the navigation. */
class Approvals {
  count = $state(0)

  /** Asks the hub; what cannot be had leaves the number as it was. */
  async refresh(): Promise<void> {
    if (!session.project || !session.may('commands.approve')) {
      this.count = 0
      return
    }
    const query = { projectId: session.projectId, state: 'awaitingApproval', limit: 100 } as const
    const page = await call('GET /api/commands', { query }).catch(() => null)
    if (page) this.count = page.items.filter((command) => command.mayApprove).length
  }
}
export const approvals = new Approvals()
