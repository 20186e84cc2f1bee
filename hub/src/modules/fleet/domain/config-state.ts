/** How a revision goes on when the gateway reports about it. */
import type { ConfigReport, ConfigState } from '@courtyard/protocols/contract'

/**
 * - A gateway knows best what it runs: any revision that it was ever given may turn out to run.
 * - Refused or rolled back may be what is on its way, or what ran; a report that comes again changes nothing.
 * @returns null: nothing changes
 */
export function nextState(state: ConfigState, report: ConfigReport['state']): ConfigState | null {
  if (state === 'draft' || state === report) return null
  if (report === 'running') return 'running'
  if (state === 'refused' || state === 'rolledBack') return null
  // A newer one has taken its place since: what became of it is history that matters no more
  if (state === 'superseded') return null
  return report
}
