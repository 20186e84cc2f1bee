/** Codecs of meters on a line: Modbus, DL/T 645, CJ/T 188. Readers of streams live as long as a connection would. */
import * as cjt188 from '@courtyard/protocols/cjt188'
import * as dlt645 from '@courtyard/protocols/dlt645'
import { FrameScanner } from '@courtyard/protocols/meter-bus'
import {
  decodeAnswer,
  decodeIdentification,
  decodeValue,
  encodeIdentificationRequest,
  encodeMbap,
  encodeRead,
  encodeRtu,
  encodeWrite,
  findRtuReply,
  MbapReader,
  RtuRequestReader,
} from '@courtyard/protocols/modbus'
import { loadProfiles } from '@courtyard/protocols/profile'
import type { FuzzTarget } from './fuzz-run.ts'
import { chunksOf, hex } from './input.ts'

export function busTargets(): FuzzTarget[] {
  return [modbusTcp(), modbusRtu(), modbusRtuRequests(), modbusValues(), dlt645Target(), cjt188Target()]
}

const readRequest = encodeRead({ function: 3, address: 0, count: 10 })
const readReply = Uint8Array.of(3, 20, ...Array.from({ length: 20 }, (_, i) => i * 7))
const identity = hex('2b 0e 01 01 00 00 03 00 03 41 42 43 01 02 50 31 02 03 31 2e 30')
const pdus = [readReply, Uint8Array.of(0x83, 2), encodeWrite({ function: 16, address: 1, values: [1, 2] }), identity] // prettier-ignore

function answers(pdu: Uint8Array): boolean {
  if (pdu[0] === 0x2b || pdu[0] === 0xab) return decodeIdentification(pdu) !== null
  return decodeAnswer(readRequest, pdu).exception === null
}

function modbusTcp(): FuzzTarget {
  let reader = new MbapReader()
  return {
    codec: 'modbus tcp',
    seeds: pdus.map((pdu, transactionId) => encodeMbap({ transactionId, unitId: 1, pdu })),
    take(input) {
      try {
        const frames = chunksOf(input).flatMap((chunk) => reader.push(chunk))
        return frames.map(({ pdu }) => answers(pdu)).includes(true)
      } catch (error) {
        // A stream that lost its step is closed.
        reader = new MbapReader()
        throw error
      }
    },
  }
}

function modbusRtu(): FuzzTarget {
  return {
    codec: 'modbus rtu',
    seeds: pdus.map((pdu) => encodeRtu({ unitId: 1, pdu })),
    take(input) {
      const found =
        findRtuReply(input, 1, readRequest) ?? findRtuReply(input, 1, encodeIdentificationRequest())
      return found !== null && answers(found)
    },
  }
}

function modbusRtuRequests(): FuzzTarget {
  const reader = new RtuRequestReader()
  return {
    codec: 'modbus rtu requests',
    seeds: [encodeRtu({ unitId: 1, pdu: readRequest }), encodeRtu({ unitId: 9, pdu: encodeWrite({ function: 15, address: 3, values: [1, 0, 1] }) })], // prettier-ignore
    take: (input) => chunksOf(input).flatMap((chunk) => reader.push(chunk)).length > 0,
  }
}

/** Any words for any register of any profile. */
function modbusValues(): FuzzTarget {
  const registers = [...loadProfiles().values()].flatMap(({ points }) =>
    points.flatMap(({ modbus, scale }) => (modbus ? [{ modbus, scale }] : [])),
  )
  return {
    codec: 'modbus values',
    seeds: [
      hex('7fc00000 00000000'),
      hex('42f6e979 0000'),
      hex('ffff ffff ffff ffff'),
      hex('1234 5678 9012'),
    ],
    take(input) {
      const words = Array.from({ length: 4 }, (_, i) => (input[i * 2] ?? 0) * 256 + (input[i * 2 + 1] ?? 0))
      const { modbus, scale } = registers[(input[8] ?? 0) % registers.length]!
      return decodeValue(modbus, words, scale, (input[9] ?? 0) - 128).mantissa !== null
    },
  }
}

function dlt645Target(): FuzzTarget {
  const scanner = new FrameScanner(dlt645.dlt645Format)
  const form = { offset: 0, length: 4, places: 2, signed: true, form: 'bcd' as const }
  const request = dlt645.readRequest('2007', '000000000001', '00010000')
  return {
    codec: 'dlt645',
    seeds: [
      hex('68 61 01 00 00 00 00 68 11 04 33 33 34 33 14 16'),
      hex('fe fe fe fe 68 61 01 00 00 00 00 68 91 08 33 33 34 33 59 33 33 33 8A 16'),
      dlt645.encodeFrame({ address: '000000000001', control: 0xd1, data: hex('02') }),
      dlt645.encodeFrame({ address: '000000000001', control: 0xb1, data: hex('00ff0100 12345600') }),
      dlt645.encodeFrame(request),
    ],
    take(input) {
      const frames = chunksOf(input).flatMap((chunk) => scanner.push(chunk))
      for (const frame of frames) {
        dlt645.replyTo('2007', request, frame)
        dlt645.replyTo('1997', dlt645.readRequest('1997', '000000000001', '9010'), frame)
        dlt645.decodeValue(form, frame.data)
      }
      dlt645.decodeFrame(input)
      return true
    },
  }
}

function cjt188Target(): FuzzTarget {
  const scanner = new FrameScanner(cjt188.cjt188Format)
  const target = { meterType: 0x10, address: '00002020120218', diOrder: 'highFirst' as const }
  const request = cjt188.readRequest(target, '901F', 0)
  const reply = { meterType: 0x10, address: target.address, control: 0x81, data: hex('90 1F 00 56 34 12 00 2C 00 00 00 00 2C 00 00 12 20 11 26 20 00 00') } // prettier-ignore
  return {
    codec: 'cjt188',
    seeds: [
      hex('68 10 18 02 12 20 20 00 00 01 03 90 1F 00 97 16'),
      cjt188.encodeFrame(reply),
      cjt188.encodeFrame({ ...reply, control: 0xc1, data: hex('00 01') }),
      cjt188.encodeFrame(request),
    ],
    take(input) {
      const frames = chunksOf(input).flatMap((chunk) => scanner.push(chunk))
      for (const frame of frames) {
        cjt188.replyTo(request, frame)
        cjt188.decodeClock(frame.data.slice(0, 7))
      }
      cjt188.decodeFrame(input)
      return true
    },
  }
}
