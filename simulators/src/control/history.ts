/** The log that the site's old data logger would have: every register and the total power, in order of time. */
import { setImmediate } from 'node:timers/promises'
import { formatUnits } from '@courtyard/protocols/decimal'
import type { ProfilePoint } from '@courtyard/protocols/profile'
import { ZONE_MS } from '../load/calendar.ts'
import type { MeterPark } from '../meter/meter-park.ts'

/** Half-open; `stepMs` counts from local midnight. */
export interface HistoryRange {
  readonly fromMs: number
  readonly toMs: number
  readonly stepMs: number
}

/** Chunks of whole NDJSON lines, one chunk per instant. Other work gets its turn between chunks. */
export async function* historyLines(park: MeterPark, range: HistoryRange): AsyncGenerator<string> {
  const columns = park.site.meters.map((meter, index) => ({
    index,
    points: loggedPoints(meter.key, meter.profile.points),
  }))
  for (let atMs = firstInstant(range); atMs < range.toMs; atMs += range.stepMs) {
    const moment = park.moment(atMs)
    const at = `","at":"${new Date(atMs).toISOString()}","value":"`
    let chunk = ''
    for (const { index, points } of columns) {
      const reading = park.read(index, moment)
      for (const { head, point } of points) {
        chunk += `${head}${at}${formatUnits(reading.shown(point), point.scale)}"}\n`
      }
    }
    yield chunk
    await setImmediate()
  }
}

function loggedPoints(meterKey: string, points: readonly ProfilePoint[]) {
  return points
    .filter((point) => point.kind === 'register' || point.key === 'powerTotal')
    .map((point) => ({ point, head: `{"point":"${meterKey}/${point.key}` }))
}

function firstInstant({ fromMs, stepMs }: HistoryRange): number {
  return Math.ceil((fromMs + ZONE_MS) / stepMs) * stepMs - ZONE_MS
}
