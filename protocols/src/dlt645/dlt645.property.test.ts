import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AppError } from '../contract/app-error.ts'
import { FrameScanner } from '../meter-bus/index.ts'
import { decodeFrame, decodeValue, dlt645Format, encodeFrame, encodeValue, MAX_FRAME_BYTES, readRequest, replyTo, type Dlt645Frame } from './index.ts' // prettier-ignore

const address = fc.bigInt({ min: 0n, max: 10n ** 12n - 1n }).map((n) => String(n).padStart(12, '0'))
const frames = fc.record<Dlt645Frame>({
  address,
  control: fc.nat(255),
  data: fc.uint8Array({ maxLength: 255 }),
})

/** Cuts bytes at the given places. */
function chunksOf(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return places.slice(1).map((to, index) => bytes.subarray(places[index], to))
}

test('property: a frame comes back, whatever its preamble', () => {
  fc.assert(
    fc.property(frames, fc.nat(12), (frame, preamble) => {
      expect(decodeFrame(encodeFrame(frame, preamble))).toEqual(frame)
    }),
  )
})

test('property: frames come out of any chunks, with noise between them that starts no frame', () => {
  const noise = fc
    .uint8Array({ maxLength: 40 })
    .map((bytes) => bytes.map((byte) => (byte === 0x68 ? 0x69 : byte)))
  fc.assert(
    fc.property(fc.array(fc.tuple(noise, frames), { maxLength: 4 }), fc.array(fc.nat(5000)), (list, cuts) => {
      const bytes = Uint8Array.from(list.flatMap(([rubbish, frame]) => [...rubbish, ...encodeFrame(frame)]))
      const scanner = new FrameScanner(dlt645Format)
      const found = chunksOf(bytes, cuts).flatMap((chunk) => scanner.push(chunk))
      expect(found).toEqual(list.map(([, frame]) => frame))
    }),
  )
})

test('property: a frame is found behind any rubbish, also rubbish full of beginnings', () => {
  const rubbish = fc.array(fc.constantFrom(0x68, 0x16, 0xfe, 0x00, 0xff), { maxLength: 60 })
  fc.assert(
    fc.property(rubbish, frames, (before, frame) => {
      const scanner = new FrameScanner(dlt645Format)
      // After it so much silence in bytes that every false beginning is over.
      const bytes = Uint8Array.from([
        ...before,
        ...encodeFrame(frame),
        ...Array<number>(MAX_FRAME_BYTES).fill(0),
      ])
      const found = scanner.push(bytes)
      // Once in ten thousand, rubbish and the head of the frame have a right sum together; that is a frame too.
      const swallowed = found.length > 0 && !before.every((byte) => byte !== 0x68)
      if (!swallowed) expect(found).toEqual([frame])
      expect(found.length).toBeGreaterThan(0)
    }),
  )
})

test('property: any bytes give frames, null or an AppError, and the scanner keeps no more than a frame', () => {
  const request = readRequest('2007', '000000000001', '00010000')
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 }), (chunks) => {
      const scanner = new FrameScanner(dlt645Format)
      for (const frame of chunks.flatMap((chunk) => scanner.push(chunk))) replyOrError(request, frame)
      const { pending } = scanner as unknown as { pending: Uint8Array }
      expect(pending.length).toBeLessThan(MAX_FRAME_BYTES)
    }),
  )
  fc.assert(fc.property(frames, (frame) => replyOrError(request, { ...frame, address: request.address })))
})

function replyOrError(request: Dlt645Frame, frame: Dlt645Frame): void {
  try {
    replyTo('2007', request, frame)
  } catch (error) {
    expect(error).toBeInstanceOf(AppError)
  }
}

test('property: values come back, and any bytes decode to a number or a reason', () => {
  const form = fc.record({
    length: fc.integer({ min: 1, max: 8 }),
    places: fc.nat(6),
    signed: fc.boolean(),
  })
  fc.assert(
    fc.property(form, fc.maxSafeNat(), fc.boolean(), ({ length, places, signed }, any, negative) => {
      const limit = (signed ? 8n : 10n) * 10n ** BigInt(2 * length - 1)
      const magnitude = BigInt(any) % limit
      const units = signed && negative ? -magnitude : magnitude
      const bytes = encodeValue({ length, signed }, units)
      const decoded = decodeValue({ offset: 0, length, places, signed, form: 'bcd' }, bytes)
      expect(decoded.value).toEqual({ units, places })
    }),
  )
  fc.assert(
    fc.property(
      form,
      fc.nat(10),
      fc.uint8Array({ maxLength: 12 }),
      ({ length, places, signed }, offset, bytes) => {
        const { value, invalid } = decodeValue({ offset, length, places, signed, form: 'bcd' }, bytes)
        if (value === null) expect(invalid).toBeTypeOf('string')
        else expect(value.units < 10n ** BigInt(2 * length)).toBe(true)
      },
    ),
  )
})
