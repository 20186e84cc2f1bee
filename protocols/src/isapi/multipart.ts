/**
 * The event stream: `multipart/mixed` without an end, RFC 2046 §5.1. Devices differ: the boundary is told with or without
 * quotes, sometimes with its leading dashes; most give `Content-Length`, some none; text stands between parts.
 */
import { AppError } from '../contract/app-error.ts'
import { IsapiErrorCode } from './errors.ts'

export interface StreamPart {
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Uint8Array
}

const MAX_HEADER_BYTES = 8_192
const CRLF = /\r?\n/

/** @throws AppError `isapi.bad_stream` when there is no boundary. */
export function boundaryOf(contentType: string): string {
  const match = /boundary\s*=\s*(?:"([^"]{1,200})"|([^\s;]{1,200}))/i.exec(contentType)
  const boundary = (match?.[1] ?? match?.[2] ?? '').replace(/^--/, '')
  if (!/^multipart\//i.test(contentType.trim()) || boundary === '')
    throw bad(`not a multipart stream: ${contentType.slice(0, 100)}`, 0)
  return boundary
}

export class MultipartReader {
  private readonly mark: Buffer
  private readonly maxPartBytes: number
  private bytes: Buffer = Buffer.alloc(0)
  private chunks: Buffer[] = []
  private pending = 0
  /** Fewer bytes than this cannot complete anything: parts are not searched again with every chunk. */
  private wanted = 0
  private taken = 0

  constructor(boundary: string, maxPartBytes: number) {
    this.mark = Buffer.from(`--${boundary}`, 'latin1')
    this.maxPartBytes = maxPartBytes
  }

  /** Parts that are whole now. @throws AppError `isapi.bad_stream`; the stream is of no use then. */
  push(chunk: Uint8Array): StreamPart[] {
    this.chunks.push(Buffer.from(chunk))
    this.pending += chunk.length
    if (this.bytes.length + this.pending < this.wanted) return []
    this.bytes = Buffer.concat([this.bytes, ...this.chunks])
    this.chunks = []
    this.pending = 0
    const parts: StreamPart[] = []
    for (;;) {
      const part = this.takePart()
      if (part === 'incomplete') return parts
      if (part) parts.push(part)
    }
  }

  /** Null: a boundary was passed that no part stands behind. */
  private takePart(): StreamPart | 'incomplete' | null {
    const start = this.bytes.indexOf(this.mark)
    if (start < 0) {
      // What stands before the first boundary is no part (§5.1.1).
      if (this.bytes.length > MAX_HEADER_BYTES + this.mark.length)
        this.drop(this.bytes.length - this.mark.length)
      return this.wait(0)
    }
    this.drop(start)
    const headEnd = /\r?\n\r?\n/.exec(this.bytes.toString('latin1', 0, MAX_HEADER_BYTES))
    const next = this.bytes.indexOf(this.mark, this.mark.length)
    if (!headEnd || (next >= 0 && next < headEnd.index)) {
      if (next >= 0) return this.drop(next)
      if (this.bytes.length > MAX_HEADER_BYTES) throw bad('headers of a part without end', this.taken)
      return this.wait(0)
    }
    return this.takeBody(
      headersOf(this.bytes.toString('latin1', 0, headEnd.index)),
      headEnd.index + headEnd[0].length,
    )
  }

  private takeBody(headers: ReadonlyMap<string, string>, from: number): StreamPart | 'incomplete' {
    const told = headers.get('content-length')
    let end: number
    if (told !== undefined) {
      if (!/^\d{1,9}$/.test(told) || Number(told) > this.maxPartBytes) throw bad(`a part of ${told.slice(0, 20)} bytes`, this.taken) // prettier-ignore
      end = from + Number(told)
      if (this.bytes.length < end) return this.wait(end)
    } else {
      end = this.bytes.indexOf(this.mark, from)
      if (end < 0) {
        if (this.bytes.length - from > this.maxPartBytes) throw bad('a part without end', this.taken)
        return this.wait(0)
      }
    }
    const body = Uint8Array.from(
      this.bytes.subarray(from, told === undefined ? trimmed(this.bytes, from, end) : end),
    )
    this.drop(end)
    return { headers, body }
  }

  private wait(total: number): 'incomplete' {
    this.wanted = total
    return 'incomplete'
  }

  private drop(count: number): null {
    this.bytes = this.bytes.subarray(count)
    this.taken += count
    this.wanted = 0
    return null
  }
}

/** The line break before a boundary belongs to the boundary. */
function trimmed(bytes: Buffer, from: number, end: number): number {
  let at = end
  if (at > from && bytes[at - 1] === 0x0a) at -= 1
  if (at > from && bytes[at - 1] === 0x0d) at -= 1
  return at
}

function headersOf(text: string): Map<string, string> {
  const headers = new Map<string, string>()
  for (const line of text.split(CRLF).slice(1)) {
    const colon = line.indexOf(':')
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim())
  }
  return headers
}

function bad(reason: string, offset: number): AppError {
  return new AppError(IsapiErrorCode.badStream, reason, { details: { offset } })
}
