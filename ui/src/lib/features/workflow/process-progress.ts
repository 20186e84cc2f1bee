/** Which steps and ways of a diagram a process has been through. */
import type { ProcessDetail } from '@courtyard/protocols/contract'

export interface Progress {
  /** The step that waits; null when it is over. */
  readonly current: string | null
  readonly passed: ReadonlySet<string>
  /** `from>to`. */
  readonly ways: ReadonlySet<string>
}

export function progressOf({ events, step }: Pick<ProcessDetail, 'events' | 'step'>): Progress {
  const entered = events.flatMap(({ kind, step: key }) => (kind === 'entered' && key ? [key] : []))
  const ways = entered.slice(1).map((key, index) => `${entered[index]}>${key}`)
  return { current: step?.key ?? null, passed: new Set(entered), ways: new Set(ways) }
}
