import type { ByteRange } from '../files/file-store.ts'

/**
 * Which part of a file is asked for (RFC 9110 section 14). Null: all of it, also when several parts are asked for or the
 * header is none that we know. @param sizeBytes of the whole file
 */
export function byteRangeOf(
  header: string | undefined,
  sizeBytes: number,
): ByteRange | 'unsatisfiable' | null {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '')
  if (!match) return null
  const [, from, to] = match
  if (from === '' && to === '') return null
  if (from === '') {
    const last = Math.min(Number(to), sizeBytes)
    return last === 0 ? 'unsatisfiable' : { first: sizeBytes - last, last: sizeBytes - 1 }
  }
  const first = Number(from)
  if (to !== '' && Number(to) < first) return null
  if (first >= sizeBytes) return 'unsatisfiable'
  return { first, last: to === '' ? sizeBytes - 1 : Math.min(Number(to), sizeBytes - 1) }
}
