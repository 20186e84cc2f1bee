import { sortOf } from '../../platform/http/paging.ts'

/**
 * ORDER BY of a list: `sort` is a field of `columns`, with `-` before it for descending; then `fallback`. Only
 * what stands in `columns` reaches the SQL. @throws AppError input.invalid that names the fields there are
 */
export function orderBy(
  sort: string | undefined,
  columns: Readonly<Record<string, string>>,
  fallback: string,
): string {
  if (!sort) return fallback
  const fields = Object.keys(columns)
  const { field, direction } = sortOf(sort, fields, { field: fields[0]!, direction: 'asc' })
  return `${columns[field]!} ${direction === 'asc' ? 'ASC' : 'DESC'} NULLS LAST, ${fallback}`
}

export const billColumns = {
  accountNumber: 'household.account_number',
  household: 'household.name',
  number: 'bill.number',
  quantity: 'bill.quantity',
  amount: 'bill.amount',
  month: 'bill.month',
  status: 'bill.status',
  estimated: 'bill.estimated',
  issuedAt: 'bill.issued_at',
} as const

export const runColumns = {
  month: 'run.month',
  item: 'item.code',
  status: 'run.status',
  bills: 'run.bills',
  quantity: 'run.quantity',
  amount: 'run.amount',
  held: 'run.held',
  createdAt: 'run.created_at',
  createdBy: 'run.created_by',
  issuedAt: 'run.issued_at',
} as const

export const heldColumns = {
  accountNumber: 'household.account_number',
  household: 'household.name',
  code: 'held.code',
} as const
