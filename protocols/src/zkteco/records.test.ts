import { describe, expect, test } from 'vitest'
import * as fc from 'fast-check'
import { AppError } from '../contract/app-error.ts'
import { attendanceRecordBytes, decodeAttendance } from './attendance.ts'
import { decodePacket, ZkStreamReader } from './packet.ts'
import { decodeLiveAlarm, decodeLivePunches, decodeLiveVerify } from './realtime.ts'
import { decodeBufferSize, decodeDoorState, decodeSizes } from './sizes.ts'
import { decodeText, encodeText } from './text.ts'
import { compactTime, decodeTime, encodeTime, parseLocalTime } from './time.ts'
import { decodeUsers, encodeUser, storedName, userRecordBytes, type ZkUser } from './users.ts'

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replace(/\s/g, ''), 'hex'))
const code = (name: string) => expect.objectContaining({ code: `zkteco.${name}` }) as Error

describe('attendance records', () => {
  test('40 bytes: the entry in zk-protocol data-record.md', () => {
    const record = bytes(`0D00 393939313131333333 ${'00'.repeat(15)} 01 6BB36823 00 00000000FF000000`)
    expect(record.length).toBe(40)
    expect(decodeAttendance(record, 40)).toEqual([
      { uid: 13, user: '999111333', verify: 1, punch: 0, workCode: null, time: { year: 2018, month: 6, day: 25, hour: 17, minute: 50, second: 35 } }, // prettier-ignore
    ])
  })
  test('8 bytes: place, verification, time, state', () => {
    // The time is that of the entry above.
    expect(decodeAttendance(bytes('0201 02 6BB36823 01'), 8)[0]).toMatchObject({ uid: 0x102, user: null, verify: 2, punch: 1 }) // prettier-ignore
  })
  test('16 bytes: number, time, verification, state, work code', () => {
    expect(decodeAttendance(bytes('F1944900 6BB36823 0F 04 0000 07000000'), 16)[0]).toMatchObject({ uid: null, user: '4822257', verify: 15, punch: 4, workCode: 7 }) // prettier-ignore
  })
  test('the size of a record follows from total and count', () => {
    expect([attendanceRecordBytes(8, 1), attendanceRecordBytes(32, 2), attendanceRecordBytes(4000, 100)]).toEqual([8, 16, 40]) // prettier-ignore
  })
  test.each([
    ['one record fewer than counted', 3960, 100],
    ['half a record', 20, 1],
    ['records that were not counted', 40, 0],
    ['nothing for a count', 0, 5],
  ])('%s is a partial read', (_, total, count) => {
    expect(() => attendanceRecordBytes(total, count)).toThrow(code('partial_read'))
  })
  test('a rest and an impossible day are refused', () => {
    expect(() => decodeAttendance(new Uint8Array(41), 40)).toThrow(code('partial_read'))
    const february31 = encodeTime({ year: 2026, month: 2, day: 31, hour: 0, minute: 0, second: 0 })
    const record = new Uint8Array(8)
    new DataView(record.buffer).setUint32(3, february31, true)
    expect(() => decodeAttendance(record, 8)).toThrow(code('bad_record'))
  })
})

describe('users', () => {
  const ned = bytes(
    `0D00 00 343434 00C69A807C 4E6564 ${'00'.repeat(21)} DE000000 02 0100 0100 0200 0000 353535 ${'00'.repeat(21)}`,
  )
  test('72 bytes: the entry in zk-protocol data-user.md, rubbish behind the password and all', () => {
    expect(ned.length).toBe(72)
    expect(decodeUsers(ned, 72, 'utf8')).toMatchObject([
      { uid: 13, privilege: 0, password: '444', name: 'Ned', card: 222, group: 2, user: '555' },
    ])
  })
  test('72 bytes: written as in its example of Set User Info', () => {
    const sent = bytes(
      `0E00 06 3132333435360000 4E7565766F ${'00'.repeat(19)} 8F190000 01 ${'00'.repeat(8)} 3131323234343838 ${'00'.repeat(16)}`,
    )
    const nuevo: ZkUser = { uid: 14, privilege: 6, password: '123456', name: 'Nuevo', card: 6543, group: 1, reserved: new Uint8Array(8), user: '11224488' } // prettier-ignore
    expect(encodeUser(nuevo, 72, 'utf8')).toEqual(sent)
  })
  test('seven users captured by pyzk (test_tcp_get_users_small_data)', () => {
    const numbers = ['808', '821', '835', '831', '832', '86', '842']
    const uids = [1, 2, 3, 4, 5, 6, 12]
    const body = Buffer.concat(
      uids.map((uid, index) => {
        const record = Buffer.alloc(72)
        record[0] = uid
        if (index === 0) record[2] = 0x0e
        record.write(numbers[index]!, 48)
        return record
      }),
    )
    const wire = Buffer.concat([bytes('5050827d04020000dd05942c96631500f8010000'), body])
    const [packet] = new ZkStreamReader().push(wire)
    expect(userRecordBytes(new DataView(packet!.data.buffer, packet!.data.byteOffset).getUint32(0, true), 7)).toBe(72) // prettier-ignore
    const users = decodeUsers(packet!.data.subarray(4), 72, 'utf8')
    expect(users.map(({ user }) => user)).toEqual(numbers)
    expect(users[0]!.privilege).toBe(14)
  })
  test('28 bytes: fields of pyzk’s <HB5s8sIxBhI', () => {
    const record = bytes('0200 0E 3132333400 416E6E0000000000 39300000 00 01 0000 D2040000')
    expect(record.length).toBe(28)
    const [user] = decodeUsers(record, 28, 'utf8')
    expect(user).toMatchObject({ uid: 2, privilege: 14, password: '1234', name: 'Ann', card: 12345, group: 1, user: '1234' }) // prettier-ignore
    expect(encodeUser(user!, 28, 'utf8')).toEqual(record)
  })
  test('what does not fit is refused, a name is cut at a character', () => {
    const user: ZkUser = { uid: 1, privilege: 0, password: '', name: '', card: 0, group: 1, reserved: new Uint8Array(8), user: '1' } // prettier-ignore
    expect(() => encodeUser({ ...user, card: 2 ** 32 }, 72, 'utf8')).toThrow(code('value_too_long'))
    expect(() => encodeUser({ ...user, password: '123456' }, 28, 'utf8')).toThrow(code('value_too_long'))
    expect(() => encodeUser({ ...user, user: 'A1' }, 28, 'utf8')).toThrow(code('value_too_long'))
    expect(storedName('欧阳娜娜', 28, 'utf8')).toBe('欧阳')
    expect(storedName('欧阳娜娜', 28, 'gbk')).toBe('欧阳娜娜')
  })
  test('GBK as the platform decodes it', () => {
    expect(Buffer.from(encodeText('张三A', 24, 'gbk')).toString('hex')).toBe('d5c5c8fd41')
    expect(decodeText(bytes('d5c5c8fd4100ff'), 'gbk')).toBe('张三A')
  })
})

describe('real-time events', () => {
  const captured = (hex: string) => decodeLivePunches(decodePacket(bytes(hex)).data)
  test('12 bytes, captured (pyzk test_tcp_live_connect)', () => {
    expect(captured('f401ae4301000000f19449000000120c07130906')).toEqual([
      { user: '4822257', verify: 0, punch: 0, time: { year: 2018, month: 12, day: 7, hour: 19, minute: 9, second: 6 } }, // prettier-ignore
    ])
  })
  test('32 bytes, captured (zk-protocol realtime.md)', () => {
    expect(
      captured(`F401AC1201000000 393939313131333333 ${'00'.repeat(15)} 0100 120619112905`),
    ).toMatchObject([{ user: '999111333', verify: 1, punch: 0, time: { day: 25, hour: 17, minute: 41 } }])
  })
  test.each([
    [10, '0700 0201'],
    [14, '0700 0201'],
    [12, '07000000 0201'],
    [32, `37 ${'00'.repeat(23)} 0201`],
    [36, `37 ${'00'.repeat(23)} 0201`],
    [37, `37 ${'00'.repeat(23)} 0201`],
    [52, `37 ${'00'.repeat(23)} 0201`],
  ])('%i bytes say the same', (length, head) => {
    const data = new Uint8Array(length)
    const start = bytes(`${head} 1A010F081E05`)
    data.set(start)
    expect(decodeLivePunches(data)).toEqual([
      { user: '7', verify: 2, punch: 1, time: { year: 2026, month: 1, day: 15, hour: 8, minute: 30, second: 5 } }, // prettier-ignore
    ])
  })
  test('two punches of 52 bytes in one event', () => {
    const one = new Uint8Array(52)
    one.set(bytes(`37 ${'00'.repeat(23)} 0201 1A010F081E05`))
    expect(decodeLivePunches(Uint8Array.from([...one, ...one]))).toHaveLength(2)
  })
  test('other lengths are refused', () => {
    for (const length of [0, 1, 9, 11, 13, 31, 51, 60]) {
      expect(() => decodeLivePunches(new Uint8Array(length)), String(length)).toThrow(code('bad_record'))
    }
  })
  test('alarms and verifications', () => {
    expect(decodeLiveAlarm(bytes('37000000'))).toEqual({ kind: 'tamper' })
    expect(decodeLiveAlarm(bytes('35000000'))).toEqual({ kind: 'exitButton' })
    expect(decodeLiveAlarm(bytes('5400000000000000'))).toEqual({ kind: 'doorClosed' })
    expect(decodeLiveAlarm(bytes('ffffffff2000010001000000'))).toEqual({ kind: 'duress' })
    expect(decodeLiveAlarm(bytes('99000000'))).toEqual({ kind: 'other', code: 0x99 })
    expect(decodeLiveVerify(bytes('ffffffff01'))).toBeNull()
    expect(decodeLiveVerify(bytes('0d00000001'))).toBe(13)
  })
})

test('sizes captured by pyzk (test_tcp_get_size), with faces', () => {
  const { data } = decodePacket(
    bytes(
      'd007a3159663130000000000000000000000000000000000070000000000000006000000000000005d020000000000000f0c0000000000000100000000000000b80b000010270000a0860100b20b00000927000043840100000000000000',
    ),
  )
  expect(decodeSizes(data)).toMatchObject({ users: 7, fingerprints: 6, records: 605, fingerprintCapacity: 3000, userCapacity: 10000, recordCapacity: 100000 }) // prettier-ignore
})

test('announcement of a bulk transfer captured by pyzk: 5044 bytes', () => {
  expect(decodeBufferSize(bytes('00b4130000b4130000cdef2300'))).toBe(5044)
})

test('times', () => {
  expect(compactTime(decodeTime(0x2368b36b))).toBe('20180625T175035')
  expect(parseLocalTime('2026-02-28 23:59:59')).toMatchObject({ day: 28, second: 59 })
  for (const wrong of ['2026-02-29 00:00:00', '2026-13-01 00:00:00', '2026-01-01 24:00:00', 'now', '']) {
    expect(() => parseLocalTime(wrong), wrong).toThrow(code('bad_record'))
  }
  fc.assert(
    fc.property(fc.nat(0xffffffff), (encoded) => {
      try {
        expect(encodeTime(decodeTime(encoded))).toBe(encoded)
      } catch (error) {
        if (!(error instanceof AppError)) throw error
      }
    }),
  )
})

test('any bytes decode or are refused with a code, never anything else', () => {
  const decoders = [
    (data: Uint8Array) => decodeAttendance(data, 8),
    (data: Uint8Array) => decodeAttendance(data, 40),
    (data: Uint8Array) => decodeUsers(data, 28, 'gbk'),
    (data: Uint8Array) => decodeUsers(data, 72, 'utf8'),
    decodeLivePunches,
    decodeLiveAlarm,
    decodeLiveVerify,
    decodeSizes,
    decodeDoorState,
    decodeBufferSize,
    (data: Uint8Array) => new ZkStreamReader().push(data),
  ]
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (data) => {
      for (const decode of decoders) {
        try {
          decode(data)
        } catch (error) {
          expect(error).toBeInstanceOf(AppError)
        }
      }
    }),
    { seed: 4370, numRuns: 2_000 },
  )
})
