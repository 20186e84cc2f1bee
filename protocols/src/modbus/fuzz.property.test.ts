/** Whatever bytes come: nothing but AppErrors, no hang, no growth. A bench does the same with millions. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AppError } from '../contract/app-error.ts'
import { decodeIdentification } from './identification.ts'
import { MAX_PDU_BYTES, MbapReader, encodeMbap } from './mbap.ts'
import { decodeAnswer, encodeRead, encodeWrite } from './pdu.ts'
import { encodeRtu, explainRtu, findRtuReply, MAX_RTU_BYTES, RtuRequestReader } from './rtu.ts'

const runs = { numRuns: 400, seed: 20_260_715 }
/** Bytes that look like frames more often than chance. */
const likely = fc.oneof(
  { weight: 3, arbitrary: fc.uint8Array({ maxLength: 300 }) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.nat(3), fc.uint8Array({ minLength: 1, maxLength: MAX_PDU_BYTES }))
      .map(([unitId, pdu]) => encodeRtu({ unitId, pdu })),
  },
  {
    weight: 1,
    arbitrary: fc
      .uint8Array({ minLength: 1, maxLength: MAX_PDU_BYTES })
      .map((pdu) => encodeMbap({ transactionId: 1, unitId: 1, pdu })),
  },
)
const requests = fc.oneof(
  fc
    .record({ function: fc.constantFrom(1, 2, 3, 4), address: fc.nat(60_000), count: fc.integer({ min: 1, max: 125 }) })
    .map((request) => encodeRead(request as Parameters<typeof encodeRead>[0])),
  fc
    .record({ address: fc.nat(60_000), values: fc.array(fc.nat(65_535), { minLength: 1, maxLength: 123 }) })
    .map(({ address, values }) => encodeWrite({ function: 16, address, values })),
) // prettier-ignore

function onlyAppErrors(work: () => unknown): void {
  try {
    work()
  } catch (error) {
    expect(error).toBeInstanceOf(AppError)
  }
}

test('replies', () => {
  fc.assert(
    fc.property(likely, requests, fc.nat(3), (received, request, unitId) => {
      const pdu = findRtuReply(received, unitId, request)
      if (pdu) expect([request[0], request[0]! | 0x80]).toContain(pdu[0])
      onlyAppErrors(() => decodeAnswer(request, pdu ?? received))
      onlyAppErrors(() => decodeIdentification(received))
      expect(explainRtu(received, unitId, request)).not.toBe('')
    }),
    runs,
  )
})

test('streams of requests hold no more than one frame', () => {
  fc.assert(
    fc.property(fc.array(likely, { maxLength: 12 }), (chunks) => {
      const reader = new RtuRequestReader()
      for (const chunk of chunks) {
        for (const { pdu } of reader.push(chunk)) expect(pdu.length).toBeLessThanOrEqual(MAX_PDU_BYTES)
        const { pending } = reader as unknown as { pending: Uint8Array }
        expect(pending.length).toBeLessThanOrEqual(MAX_RTU_BYTES)
      }
      reader.silence()
    }),
    runs,
  )
})

test('a request comes out of any chunks, whatever noise was before the last silence', () => {
  fc.assert(
    fc.property(requests, fc.uint8Array({ maxLength: 40 }), fc.nat(30), (pdu, noise, cut) => {
      const reader = new RtuRequestReader()
      reader.push(noise)
      reader.silence()
      const frame = encodeRtu({ unitId: 9, pdu })
      const frames = [...reader.push(frame.subarray(0, cut)), ...reader.push(frame.subarray(cut))]
      expect(frames).toEqual([{ unitId: 9, pdu }])
    }),
    runs,
  )
})

test('MBAP streams throw only AppErrors and hold no more than one frame', () => {
  fc.assert(
    fc.property(fc.array(likely, { maxLength: 12 }), (chunks) => {
      const reader = new MbapReader()
      onlyAppErrors(() => {
        for (const chunk of chunks) {
          reader.push(chunk)
          expect((reader as unknown as { pending: Uint8Array }).pending.length).toBeLessThan(
            7 + MAX_PDU_BYTES,
          )
        }
      })
    }),
    runs,
  )
})
