import { fail } from '../../platform/errors.ts'
import { notificationErrors } from './errors.ts'

/** Place in a list that is sorted by an instant and an id, newest first. */
export interface Place {
  readonly at: Date
  readonly id: string
}

export const cursorOf = ({ at, id }: Place): string => `${at.getTime()}.${id}`

/** @throws AppError `message.cursor_invalid` */
export function placeOf(cursor: string | undefined): Place | null {
  if (cursor === undefined) return null
  const match = /^(\d{1,15})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(cursor)
  if (!match) throw fail(notificationErrors.cursorInvalid, 'The cursor is not valid')
  return { at: new Date(Number(match[1])), id: match[2]! }
}

/** The rows of a page and the cursor of the next one; null when this is the last. */
export function pageOfRows<R extends { readonly id: string; readonly createdAt: Date }>(
  rows: readonly R[],
  limit: number,
): { rows: readonly R[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const more = rows.length > limit && last
  return { rows: shown, nextCursor: more ? cursorOf({ at: last.createdAt, id: last.id }) : null }
}
