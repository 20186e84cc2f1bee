/** What becomes of the values that PostgreSQL sends. */
import pg from 'pg'

/** PostgreSQL type ids whose values would lose something as JavaScript numbers or local dates: they stay text. */
const textTypes = new Set([20, 1700, 1082])
const textArrayTypes = new Set([1016, 1231, 1182])

/** For `types` of a pool or a client. */
export function parserOf(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  if (textTypes.has(oid)) return (value) => value
  // 1009 is text[]
  return pg.types.getTypeParser(textArrayTypes.has(oid) ? 1009 : oid, format) as (value: string) => unknown
}
