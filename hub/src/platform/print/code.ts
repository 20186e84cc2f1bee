/** QR codes as paths: the same squares on the screen and in the PDF. */
import { encode } from 'uqr'

/** More makes squares that phones cannot tell apart on paper. */
const MOST_BYTES = 800

export interface CodePath {
  /** Squares per side. */
  readonly modules: number
  /** Runs of dark squares, row by row, a square being 1 long. */
  readonly path: string
}

/** Null for a text that is empty or too long. */
export function codePath(text: string): CodePath | null {
  const bytes = Buffer.byteLength(text)
  if (bytes === 0 || bytes > MOST_BYTES) return null
  const { data, size } = encode(text, { ecc: 'M', border: 0 })
  return { modules: size, path: data.map(rowPath).join('') }
}

function rowPath(row: readonly boolean[], y: number): string {
  let path = ''
  for (let x = 0; x < row.length; x++) {
    if (!row[x]) continue
    const start = x
    while (row[x + 1]) x++
    const length = x + 1 - start
    path += `M${start} ${y}h${length}v1h-${length}z`
  }
  return path
}
