/** What differs between two configurations, buses and devices told apart by their keys, not by their place. */
import type { ManagedConfig } from '@courtyard/protocols/contract'
import { formatPath, isFields, sameContent, type Fields, type Path } from './paths.ts'

export interface Difference {
  /** Bus or device, such as `bus b1`; empty for the settings of the gateway. */
  readonly part: 'bus' | 'device' | 'outbox' | 'uplink'
  readonly key: string
  readonly kind: 'added' | 'removed' | 'changed'
  /** Fields that changed; empty for what was added or removed as a whole. */
  readonly fields: readonly { readonly path: string; readonly before: unknown; readonly after: unknown }[]
}

export function diffConfigs(before: ManagedConfig, after: ManagedConfig): Difference[] {
  return [
    ...diffLists('bus', before.buses, after.buses),
    ...diffLists('device', before.devices, after.devices),
    ...diffSection('outbox', before.outbox, after.outbox),
    ...diffSection('uplink', before.uplink, after.uplink),
  ]
}

function byKey(entries: readonly Fields[]): Map<string, Fields> {
  return new Map(entries.map((entry, index) => [String(entry['key'] ?? `#${index + 1}`), entry]))
}

function diffLists(
  part: 'bus' | 'device',
  before: readonly Fields[],
  after: readonly Fields[],
): Difference[] {
  const old = byKey(before)
  const now = byKey(after)
  const removed = [...old.keys()]
    .filter((key) => !now.has(key))
    .map((key): Difference => ({ part, key, kind: 'removed', fields: [] }))
  const others = [...now].flatMap(([key, entry]): Difference[] => {
    const previous = old.get(key)
    if (!previous) return [{ part, key, kind: 'added', fields: [] }]
    const fields = leaves(previous, entry, [])
    return fields.length > 0 ? [{ part, key, kind: 'changed', fields }] : []
  })
  return [...others, ...removed]
}

function diffSection(part: 'outbox' | 'uplink', before: Fields = {}, after: Fields = {}): Difference[] {
  const fields = leaves(before, after, [])
  return fields.length > 0 ? [{ part, key: '', kind: 'changed', fields }] : []
}

function leaves(before: unknown, after: unknown, path: Path): Difference['fields'][number][] {
  if (sameContent(before, after)) return []
  if (!isFields(before) || !isFields(after)) return [{ path: formatPath(path), before, after }]
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].flatMap((name) => leaves(before[name], after[name], [...path, name]))
}
