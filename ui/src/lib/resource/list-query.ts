/** What a list shows, as it stands in the address, in a saved view and in a question to the hub. */
import type { Condition, FilterOperator, ResourceMeta, SavedView } from '@courtyard/protocols/contract'
import type { ListQuery } from '#lib/api/resource-client.ts'
import { defaultColumns, fieldOf } from './fields.ts'

export type Archived = 'no' | 'only' | 'all'
export interface ListView {
  readonly q: string
  readonly where: readonly Condition[]
  readonly sort: string
  readonly archived: Archived
  readonly columns: readonly string[]
}
/** As it stands in the address: text only; empty is the default. */
export type ListAddress = {
  q: string
  where: string
  sort: string
  archived: string
  columns: string
  /** Id of the saved view that was chosen last. */
  view: string
}

const operators: readonly FilterOperator[] = [
  'is',
  'isNot',
  'in',
  'contains',
  'between',
  'isEmpty',
  'isNotEmpty',
]
const archivedStates: readonly string[] = ['no', 'only', 'all']

export function addressDefaults(meta: ResourceMeta): ListAddress {
  return { q: '', where: '', sort: meta.defaultSort, archived: 'no', columns: '', view: '' }
}

/** The view that an address asks for; what the resource does not know (any more) is left out. */
export function viewOfAddress(address: ListAddress, meta: ResourceMeta): ListView {
  const columns = address.columns.split(',').filter((name) => fieldOf(meta, name))
  return {
    q: address.q,
    where: readConditions(address.where).filter(([name]) => fieldOf(meta, name)?.filterable),
    sort: fieldOf(meta, address.sort.replace(/^-/, ''))?.sortable ? address.sort : meta.defaultSort,
    archived: archivedStates.includes(address.archived) ? (address.archived as Archived) : 'no',
    columns: columns.length > 0 ? columns : defaultColumns(meta),
  }
}

/** The address of a view. */
export function addressOfView(view: Partial<ListView>, meta: ResourceMeta): Partial<ListAddress> {
  const columns = view.columns?.join(',')
  return {
    ...(view.q === undefined ? {} : { q: view.q }),
    ...(view.where === undefined ? {} : { where: view.where.length > 0 ? JSON.stringify(view.where) : '' }),
    ...(view.sort === undefined ? {} : { sort: view.sort }),
    ...(view.archived === undefined ? {} : { archived: view.archived }),
    ...(columns === undefined ? {} : { columns: columns === defaultColumns(meta).join(',') ? '' : columns }),
  }
}

function readConditions(text: string): Condition[] {
  if (text === '') return []
  try {
    const parsed: unknown = JSON.parse(text)
    return Array.isArray(parsed) ? parsed.filter(isCondition) : []
  } catch {
    return []
  }
}

function isCondition(value: unknown): value is Condition {
  if (!Array.isArray(value) || typeof value[0] !== 'string') return false
  return operators.includes(value[1] as FilterOperator)
}

/** The question to the hub, without page. */
export function queryOf(view: ListView, projectId: string | null): ListQuery {
  return {
    ...(projectId ? { projectId } : {}),
    ...(view.q ? { q: view.q } : {}),
    ...(view.where.length > 0 ? { where: JSON.stringify(view.where) } : {}),
    sort: view.sort,
    archived: view.archived,
  }
}

export const isFiltered = (view: ListView): boolean =>
  view.q !== '' || view.where.length > 0 || view.archived !== 'no'

/** Whether what is shown differs from a saved view. */
export function differs(view: ListView, saved: SavedView, meta: ResourceMeta): boolean {
  const columns = saved.columns.length > 0 ? saved.columns : defaultColumns(meta)
  const key = ({ q, where, sort, archived }: Omit<ListView, 'columns'>, names: readonly string[]): string =>
    JSON.stringify([q, where, sort, archived, names])
  return key(view, view.columns) !== key(saved, columns)
}

/** Conditions with the one at a field replaced, added or (null) taken away. */
export function withCondition(
  where: readonly Condition[],
  name: string,
  condition: Condition | null,
): readonly Condition[] {
  const at = where.findIndex(([field]) => field === name)
  if (condition === null) return where.filter(([field]) => field !== name)
  return at < 0 ? [...where, condition] : where.with(at, condition)
}
