import type { BackupView, TelemetryArchive } from '@courtyard/protocols/contract'
import type { Tone } from '#lib/components/StateMark.svelte'
import { m } from '#lib/paraglide/messages.js'

interface Mark {
  readonly tone: Tone
  readonly text: string
}

export function stateOf({ state }: BackupView): Mark {
  switch (state) {
    case 'waiting':
      return { tone: 'neutral', text: m.bak_waiting() }
    case 'running':
      return { tone: 'accent', text: m.bak_running() }
    case 'done':
      return { tone: 'ok', text: m.bak_done() }
    case 'failed':
      return { tone: 'fault', text: m.bak_failed() }
  }
}

export function checkOf({ check }: BackupView): Mark {
  switch (check?.state) {
    case 'waiting':
      return { tone: 'accent', text: m.bak_check_waiting() }
    case 'good':
      return { tone: 'ok', text: m.bak_check_good() }
    case 'bad':
      return { tone: 'fault', text: m.bak_check_bad() }
    case undefined:
      return { tone: 'unknown', text: m.bak_check_never() }
  }
}

const OLD_MS = 48 * 3_600_000

/** Whether one could be restored today: the newest that was made and is not known to be damaged. */
export function freshness(items: readonly BackupView[], nowMs: number): Mark & { newest: BackupView | null } {
  const newest = items.find(({ state, check }) => state === 'done' && check?.state !== 'bad') ?? null
  if (!newest) return { newest, tone: 'attention', text: m.bak_state_never() }
  return nowMs - Date.parse(newest.requestedAt) > OLD_MS
    ? { newest, tone: 'attention', text: m.bak_state_old() }
    : { newest, tone: 'ok', text: m.bak_state_fresh() }
}

export const kindText = (kind: TelemetryArchive['kind']): string =>
  kind === 'readings' ? m.arc_readings() : m.arc_batches()

export function archiveState({ state }: TelemetryArchive): Mark {
  switch (state) {
    case 'archived':
      return { tone: 'ok', text: m.arc_state_archived() }
    case 'restored':
      return { tone: 'accent', text: m.arc_state_restored() }
    case 'superseded':
      return { tone: 'unknown', text: m.arc_state_superseded() }
  }
}
