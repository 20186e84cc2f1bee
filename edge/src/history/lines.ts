/** Bytes → lines, with a limit, so that a file without line breaks cannot fill the memory. */
const MAX_LINE_BYTES = 64 * 1024

export interface Line {
  /** From 1. */
  readonly number: number
  /** Null when the line is longer than 64 KiB. */
  readonly text: string | null
}

/** Yields the lines of each chunk together; the last line needs no line break. */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line[]> {
  let carry = Buffer.alloc(0)
  let tooLong = false
  let number = 0
  const toLine = (bytes: Buffer): Line => {
    number += 1
    const text = tooLong || bytes.length > MAX_LINE_BYTES ? null : bytes.toString('utf8')
    tooLong = false
    return { number, text: number === 1 && text !== null ? text.replace(/^\uFEFF/, '') : text }
  }
  for await (const chunk of chunks) {
    const buffer = carry.length > 0 ? Buffer.concat([carry, chunk]) : Buffer.from(chunk)
    const lines: Line[] = []
    let start = 0
    for (let end = buffer.indexOf(10); end >= 0; end = buffer.indexOf(10, start)) {
      lines.push(toLine(buffer.subarray(start, end)))
      start = end + 1
    }
    carry = buffer.subarray(start)
    if (carry.length > MAX_LINE_BYTES) {
      tooLong = true
      carry = Buffer.alloc(0)
    }
    yield lines
  }
  if (carry.length > 0 || tooLong) yield [toLine(carry)]
}
