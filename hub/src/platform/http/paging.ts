import { invalidInput } from '../errors.ts'

export interface Page {
  readonly page: number
  readonly pageSize: number
}

export function pageWindow({ page, pageSize }: Page): { skip: number; take: number } {
  return { skip: (page - 1) * pageSize, take: pageSize }
}

export interface Sort<F extends string> {
  readonly field: F
  readonly direction: 'asc' | 'desc'
}

/**
 * Takes `name` or `-name` apart.
 * @throws AppError `input.invalid` when the list cannot be sorted by that field
 */
export function sortOf<F extends string>(
  text: string | undefined,
  fields: readonly F[],
  standard: Sort<F>,
): Sort<F> {
  if (!text) return standard
  const descending = text.startsWith('-')
  const field = fields.find((candidate) => candidate === text.replace(/^-/, ''))
  if (!field) {
    throw invalidInput('The list cannot be sorted by that', [
      { path: 'query.sort', reason: { code: 'sort.unknown', fields: fields.join(', ') } },
    ])
  }
  return { field, direction: descending ? 'desc' : 'asc' }
}
