import type { Usage } from '@courtyard/protocols/contract'
import type { Bar } from '#lib/charts/BarChart.svelte'
import { toPlotNumber } from '#lib/format/decimal.ts'
import { instant, quantity } from '#lib/format/index.svelte.ts'
import { formatMonth } from '#lib/format/time.ts'
import { preferences } from '#lib/state/preferences.svelte.ts'
import { intervalWords } from '#lib/words/terms.ts'
import { m } from '#lib/paraglide/messages.js'

type Interval = Usage['intervals'][number]

/**
 * Bars of a usage answer: estimated hatched, unknown as a gap; nothing where there is nothing to know, which is what
 * has not happened yet and what was before the first meter (`installedFrom`, null when unknown).
 */
export function usageBars(usage: Usage, now: number, installedFrom: string | null): Bar[] {
  const begin = installedFrom === null ? -Infinity : Date.parse(installedFrom)
  return usage.intervals.map((interval, index): Bar => {
    const previous = usage.previous[index] ?? null
    const absent =
      Date.parse(interval.from) > now
        ? m.interval_future()
        : Date.parse(interval.to) <= begin
          ? m.interval_not_installed()
          : null
    return {
      title: titleOf(interval, usage.granularity),
      tick: tickOf(interval, usage.granularity),
      value: toPlotNumber(interval.usage),
      valueText: interval.usage === null ? (absent ?? m.interval_unknown()) : quantity(interval.usage),
      look: absent ? 'none' : lookOf(interval),
      status: absent ? null : statusText(interval),
      previous: toPlotNumber(previous),
      previousText: previous === null ? null : quantity(previous),
    }
  })
}

function lookOf({ status, usage }: Interval): Bar['look'] {
  if (status === 'held') return 'fault'
  if (status === 'estimated') return 'hatched'
  return status === 'gap' && usage === null ? 'gap' : 'solid'
}

function statusText({ status, coverage }: Interval): string {
  const word = intervalWords[status]()
  return coverage < 1 && coverage > 0
    ? `${word} · ${m.interval_coverage({ percent: Math.floor(coverage * 100) })}`
    : word
}

function titleOf({ from, to }: Interval, granularity: Usage['granularity']): string {
  if (granularity === 'hour') return `${instant(from)} – ${instant(to, 'clock')}`
  if (granularity === 'day') return instant(from, 'day')
  return formatMonth(monthOf(from), preferences.locale)
}

function tickOf({ from }: Interval, granularity: Usage['granularity']): string {
  if (granularity === 'hour') return instant(from, 'clock')
  if (granularity === 'day') return instant(from, 'monthDay')
  return monthOf(from).slice(5)
}

/** `2026-11` of the instant at which a local month begins. */
function monthOf(from: string): string {
  // Half a day later it is the first day of the month in every zone.
  return new Date(Date.parse(from) + 13 * 3_600_000).toISOString().slice(0, 7)
}

/** The same numbers as text for a spreadsheet. */
export function usageCsv(usage: Usage): string {
  const rows = usage.intervals.map((interval, index) =>
    [
      interval.from,
      interval.to,
      interval.usage ?? '',
      usage.unit,
      interval.status,
      usage.previous[index] ?? '',
    ].join(','),
  )
  return ['from,to,usage,unit,status,previous', ...rows].join('\r\n') + '\r\n'
}
