/**
 * Frames in what a serial line brings: wake-up bytes, the end of an earlier frame, noise, chunks of any size. A frame
 * counts only when its checksum and its end are right, so a start byte in the noise costs nothing but a look.
 */

/** What stands at a place: a frame of `size` bytes, the beginning of one, or none. */
export type FrameAt<T> =
  | { readonly kind: 'frame'; readonly frame: T; readonly size: number }
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'none'; readonly reason: string }

export interface FrameFormat<T> {
  readonly start: number
  /** Looks at `offset`, where the start byte is. Never throws. */
  at(this: void, bytes: Uint8Array, offset: number): FrameAt<T>
  /** No frame is longer: what is incomplete for longer is none. */
  readonly maxBytes: number
}

export interface FoundFrame<T> {
  readonly frame: T
  readonly offset: number
  readonly end: number
}

/** Every frame in the bytes, in order; they never overlap. */
export function findFrames<T>(format: FrameFormat<T>, bytes: Uint8Array): FoundFrame<T>[] {
  const found: FoundFrame<T>[] = []
  let offset = bytes.indexOf(format.start)
  while (offset >= 0) {
    const here = format.at(bytes, offset)
    const end = here.kind === 'frame' ? offset + here.size : offset + 1
    if (here.kind === 'frame') found.push({ frame: here.frame, offset, end })
    offset = bytes.indexOf(format.start, end)
  }
  return found
}

/**
 * Cuts a stream into frames. It keeps no more than one frame's length, whatever comes in. A frame inside what looks
 * like the beginning of a longer one wins: noise that looks like a beginning must not hide it.
 */
export class FrameScanner<T> {
  private readonly format: FrameFormat<T>
  private pending: Uint8Array = new Uint8Array(0)

  constructor(format: FrameFormat<T>) {
    this.format = format
  }

  /** Frames that the chunk completes, in order. Never throws. */
  push(chunk: Uint8Array): T[] {
    const bytes = new Uint8Array(this.pending.length + chunk.length)
    bytes.set(this.pending)
    bytes.set(chunk, this.pending.length)
    const found = findFrames(this.format, bytes)
    this.pending = bytes.slice(this.firstIncomplete(bytes, found.at(-1)?.end ?? 0))
    return found.map(({ frame }) => frame)
  }

  /** Where the earliest beginning of a frame is that may still be completed. */
  private firstIncomplete(bytes: Uint8Array, from: number): number {
    const { start, at, maxBytes } = this.format
    const earliest = Math.max(from, bytes.length - maxBytes + 1)
    for (
      let offset = bytes.indexOf(start, earliest);
      offset >= 0;
      offset = bytes.indexOf(start, offset + 1)
    ) {
      if (at(bytes, offset).kind === 'incomplete') return offset
    }
    return bytes.length
  }
}

/** Sum of the bytes modulo 256 (DL/T 645-2007, 5.2.6; CJ/T 188-2004, 6.2.6). */
export function checksum(bytes: Uint8Array, from: number, to: number): number {
  let sum = 0
  for (let index = from; index < to; index++) sum += bytes[index]!
  return sum & 0xff
}
