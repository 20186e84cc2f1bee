/** What a picture is, told by its first bytes and not by its name: PNG, JPEG and WebP only. */

export interface PictureFacts {
  readonly mediaType: 'image/png' | 'image/jpeg' | 'image/webp'
  readonly widthPx: number
  readonly heightPx: number
}

/** Null when the bytes are no such picture, or end before its size is said. */
export function sniffPicture(bytes: Buffer): PictureFacts | null {
  const facts = pngFacts(bytes) ?? jpegFacts(bytes) ?? webpFacts(bytes)
  return facts && facts.widthPx > 0 && facts.heightPx > 0 ? facts : null
}

/** PNG (RFC 2083 section 3.1): signature, then the chunk IHDR with width and height. */
function pngFacts(bytes: Buffer): PictureFacts | null {
  if (bytes.length < 24 || bytes.toString('latin1', 0, 8) !== '\x89PNG\r\n\x1a\n') return null
  if (bytes.toString('latin1', 12, 16) !== 'IHDR') return null
  return { mediaType: 'image/png', widthPx: bytes.readUInt32BE(16), heightPx: bytes.readUInt32BE(20) }
}

/** JPEG (ITU-T T.81 annex B): segments up to the frame header SOFn, which says height and width. */
function jpegFacts(bytes: Buffer): PictureFacts | null {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return null
  let at = 2
  while (at + 9 <= bytes.length) {
    if (bytes[at] !== 0xff) return null
    const marker = bytes[at + 1]!
    if (marker === 0xff) at += 1
    else if (isFrameHeader(marker)) {
      return {
        mediaType: 'image/jpeg',
        widthPx: bytes.readUInt16BE(at + 7),
        heightPx: bytes.readUInt16BE(at + 5),
      }
    } else at += 2 + bytes.readUInt16BE(at + 2)
  }
  return null
}

/** SOF0 to SOF15 without DHT (C4), JPG (C8) and DAC (CC), which share the range. */
const isFrameHeader = (marker: number) =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc

/** WebP container (RFC 9649): RIFF with a first chunk VP8, VP8L or VP8X. */
function webpFacts(bytes: Buffer): PictureFacts | null {
  if (bytes.length < 30 || bytes.toString('latin1', 0, 4) !== 'RIFF') return null
  if (bytes.toString('latin1', 8, 12) !== 'WEBP') return null
  const size = webpSize(bytes, bytes.toString('latin1', 12, 16))
  return size && { mediaType: 'image/webp', widthPx: size[0], heightPx: size[1] }
}

function webpSize(bytes: Buffer, chunk: string): [number, number] | null {
  if (chunk === 'VP8X') return [bytes.readUIntLE(24, 3) + 1, bytes.readUIntLE(27, 3) + 1]
  if (chunk === 'VP8 ') return [bytes.readUInt16LE(26) & 0x3fff, bytes.readUInt16LE(28) & 0x3fff]
  if (chunk !== 'VP8L' || bytes[20] !== 0x2f) return null
  const bits = bytes.readUInt32LE(21)
  return [(bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1]
}
