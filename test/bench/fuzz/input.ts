/** Small tools of the targets. */
import { zstdCompressSync } from 'node:zlib'
import { seededRandom } from '../../support/random.ts'

/** Frames cut at random, as streams deliver them; the same every time for the same bytes. */
export function chunksOf(bytes: Uint8Array): Uint8Array[] {
  const random = seededRandom(bytes.length + (bytes[0] ?? 0))
  const chunks: Uint8Array[] = []
  for (let at = 0; at < bytes.length;) {
    const size = 1 + Math.floor(random() * 40)
    chunks.push(bytes.subarray(at, at + size))
    at += size
  }
  return chunks
}

export function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
}

export function utf8(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'utf8'))
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
}

export function json(value: unknown): Uint8Array {
  return utf8(JSON.stringify(value))
}

export function zstd(bytes: Uint8Array): Uint8Array {
  return zstdCompressSync(bytes)
}
