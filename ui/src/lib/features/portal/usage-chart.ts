/** An owner's use → bars of a chart. */
import type { PortalUsage } from '@courtyard/protocols/contract'
import type { Bar } from '#lib/charts/BarChart.svelte'
import { toPlotNumber } from '#lib/format/decimal.ts'
import { addMonths } from '#lib/format/time.ts'

export type Compared = 'previous' | 'lastYear'
type State = PortalUsage['bars'][number]['state']

interface Texts {
  readonly nameOf: (at: string) => string
  readonly quantity: (value: string | null) => string
  readonly stateOf: (state: State) => string
}

const looks: Readonly<Record<State, Bar['look']>> = {
  measured: 'solid',
  estimated: 'hatched',
  part: 'hatched',
  none: 'gap',
}

/** What lies ahead is neither use nor a gap. */
export function barsOf(usage: PortalUsage, compared: Compared, texts: Texts, today: string): Bar[] {
  const others = usage[compared]
  return usage.bars.map(({ at, usage: value, state }, i) => {
    const ahead = at > today
    // What can't be shown for want of rights or readings from before the first day is no gap either
    const before = at.length === 10 ? at < usage.firstDay : at < usage.firstDay.slice(0, 7)
    const other = others[i] ?? null
    return {
      title: texts.nameOf(at),
      tick: String(Number(at.slice(-2))),
      value: toPlotNumber(value),
      valueText: texts.quantity(value),
      look: (ahead || before) && value === null ? 'none' : looks[state],
      status: state === 'measured' || ahead ? null : texts.stateOf(state),
      previous: toPlotNumber(other),
      previousText: other === null ? null : texts.quantity(other),
    }
  })
}

/** `2026-11` or `2026`, moved by months or years. */
export function periodMoved(period: string, by: number): string {
  return period.length === 4 ? String(Number(period) + by) : addMonths(period, by)
}
