import { expect, test } from 'vitest'
import { sniffPicture } from './sniff.ts'

// One pixel, two by three pixels … written by other programs (libpng, libjpeg, libwebp)
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const JPEG =
  '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA='
const WEBP = 'UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA'
const bytes = (text: string) => Buffer.from(text, 'base64')

test.each([
  [PNG, 'image/png'],
  [JPEG, 'image/jpeg'],
  [WEBP, 'image/webp'],
])('a picture of one pixel', (text, mediaType) => {
  expect(sniffPicture(bytes(text))).toEqual({ mediaType, widthPx: 1, heightPx: 1 })
})

test('what only says that it is a picture, is none', () => {
  expect(sniffPicture(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'))).toBeNull()
  expect(sniffPicture(Buffer.from('GIF89a\x01\x00\x01\x00'))).toBeNull()
  for (const picture of [PNG, JPEG, WEBP]) expect(sniffPicture(bytes(picture).subarray(0, 20))).toBeNull()
})
