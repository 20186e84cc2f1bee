/** How a bus or device is named in one line, and what a new one begins with. */
import { MASK } from './secret-mask.ts'
import { isFields, type Fields } from './paths.ts'

/** What is said about where a bus is: `10.0.0.9:4001`, `/dev/ttyUSB0 9600`. */
export function whereText(entry: Fields): string {
  const place = isFields(entry['transport']) ? entry['transport'] : entry
  const text = (name: string): string => (isScalar(place[name]) ? String(place[name]) : '')
  const host = text('host') || text('url') || text('endpointUrl') || text('path') || text('broker')
  const tail = text('port') || text('baudRate')
  if (!host) return ''
  return tail ? `${host}${text('port') ? ':' : ' '}${tail}` : host
}

/** `unitId 3`, `meterAddress 000000000001`; the fields of an address as people read them. */
export function addressText(address: unknown, names: (name: string) => string): string {
  if (!isFields(address)) return isScalar(address) ? String(address) : ''
  return Object.entries(address)
    .filter(([, value]) => isScalar(value) && value !== MASK)
    .map(([name, value]) => `${names(name)} ${String(value)}`)
    .join(' · ')
}
const isScalar = (value: unknown): boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'

/** `meter` → `meter-2` when there is a `meter` already; a number at the end goes on counting. */
export function freeKey(wanted: string, taken: ReadonlySet<string>): string {
  const clean = wanted.replaceAll(/[^A-Za-z0-9_-]/g, '').replace(/^[_-]+/, '') || 'device'
  if (!taken.has(clean)) return clean
  const [, stem = clean, sign = '-', digits = '1'] = /^(.*?)([-_]?)(\d+)$/.exec(clean) ?? []
  for (let number = Number(digits) + 1; ; number++) {
    const key = `${stem}${sign}${String(number).padStart(digits.length, '0')}`
    if (!taken.has(key)) return key
  }
}

export const keysOf = (entries: readonly Fields[]): Set<string> =>
  new Set(entries.map((entry) => String(entry['key'] ?? '')))
