import type { GatewayHealth } from '@courtyard/protocols/contract'

type Row = GatewayHealth['devices'][number]
const values: Readonly<Record<string, (row: Row) => string | number>> = {
  name: (row) => row.name,
  bus: (row) => row.bus,
  latency: (row) => row.latencyMs ?? -1,
  requests: (row) => row.requests,
  errors: (row) => row.errors,
  lastGood: (row) => row.lastGoodAt ?? '',
}

/** Sorted by a column, with `-` before it for descending; equal ones by name, so that rows do not jump. */
export function sortDevices(rows: readonly Row[], sort: string): Row[] {
  const down = sort.startsWith('-')
  const value = values[down ? sort.slice(1) : sort] ?? values['name']!
  return rows.toSorted((a, b) => {
    const [x, y] = [value(a), value(b)]
    const order = typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y))
    return (down ? -order : order) || a.name.localeCompare(b.name, undefined, { numeric: true })
  })
}

/** `3.2 %` of the requests failed. */
export function errorShare(row: Pick<Row, 'requests' | 'errors'>): string {
  if (row.requests === 0) return ''
  const percent = (row.errors / row.requests) * 100
  return percent >= 10 ? `${Math.round(percent)}%` : `${percent.toFixed(1)}%`
}
