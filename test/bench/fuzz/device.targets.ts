/** Codecs of terminals and of devices that speak by themselves. */
import * as zkteco from '@courtyard/protocols/zkteco'
import type { FuzzTarget } from './fuzz-run.ts'
import { chunksOf, hex, textOf, utf8 } from './input.ts'

export function deviceTargets(): FuzzTarget[] {
  return [zktecoTcp(), zktecoUdp(), zktecoRecords(), zktecoLive(), zktecoPush()]
}

const packets = [
  { command: 2000, sessionId: 5, replyId: 1, data: hex('') },
  { command: 1501, sessionId: 5, replyId: 2, data: hex('00 01 02 03 04 05 06 07 08 09') },
  { command: 500, sessionId: 1, replyId: 0, data: hex('31 00 00 00 00 00 00 00 00 01 12 34') },
]

function zktecoTcp(): FuzzTarget {
  let reader = new zkteco.ZkStreamReader()
  return {
    codec: 'zkteco tcp',
    seeds: packets.map((packet) => zkteco.encodeTcpPacket(packet)),
    take(input) {
      try {
        return chunksOf(input).flatMap((chunk) => reader.push(chunk)).length > 0
      } catch (error) {
        reader = new zkteco.ZkStreamReader()
        throw error
      }
    },
  }
}

function zktecoUdp(): FuzzTarget {
  return {
    codec: 'zkteco udp',
    seeds: packets.map((packet) => zkteco.encodePacket(packet)),
    take: (input) => zkteco.decodePacket(input).data.length >= 0,
  }
}

/** Bulk data: the log in each size of record, the users in each size and encoding, the sizes. */
function zktecoRecords(): FuzzTarget {
  const user = { uid: 7, id: '42', name: '测试', card: '123456', pin: '1234', privilege: 0, group: 1 }
  const seeds = [8, 16, 40, 80, 120].map((size) =>
    Uint8Array.from({ length: size }, (_, i) => (i * 37) & 0xff),
  )
  return {
    codec: 'zkteco records',
    seeds: [...seeds, utf8(JSON.stringify(user)).slice(0, 72), new Uint8Array(92)],
    take(input) {
      const way = (input.at(-1) ?? 0) % 6
      const whole = (size: number) => input.slice(0, input.length - (input.length % size))
      if (way < 3) {
        const size = zkteco.ATTENDANCE_RECORD_BYTES[way]!
        return zkteco.decodeAttendance(way === 0 ? input : whole(size), size).length > 0
      }
      if (way === 3) return zkteco.decodeUsers(whole(28), 28, 'utf8').length > 0
      if (way === 4) return zkteco.decodeUsers(whole(72), 72, 'gbk').length > 0
      return zkteco.decodeSizes(input).users >= 0
    },
  }
}

function zktecoLive(): FuzzTarget {
  const lengths = [10, 12, 14, 32, 36, 37, 52, 104]
  return {
    codec: 'zkteco live',
    seeds: lengths.map((length) => Uint8Array.from({ length }, (_, i) => (i % 7 === 0 ? 0x31 : i))),
    take(input) {
      const way = (input[0] ?? 0) % 4
      if (way === 0) return zkteco.decodeLiveAlarm(input) !== null
      if (way === 1) return zkteco.decodeLiveVerify(input) !== null
      return zkteco.decodeLivePunches(input).length > 0
    },
  }
}

function zktecoPush(): FuzzTarget {
  return {
    codec: 'zkteco push',
    seeds: [
      utf8('42\t2026-11-21 08:30:00\t0\t1\t0\t0\n43\t2026-11-21 08:31:00\t1\t15\t\t\n'),
      utf8(
        'time=2026-11-21 08:30:00\tpin=42\tcardno=77\teventaddr=1\tevent=0\tinoutstatus=0\tverifytype=4\n',
      ),
      utf8('OPLOG 3\t0\t2026-11-21 08:30:00\t54\t0\t0\t0\nUSER PIN=1\tName=x\n'),
      utf8('ID=12&Return=0&CMD=DATA\nID=13&Return=-1\n'),
      utf8('Ver 8.0.1,10,20,300,192.168.1.2,10,7,15,11,0'),
    ],
    take(input) {
      const text = textOf(input)
      const punches = zkteco.parseAttendanceLines(text).items.length
      const doors = zkteco.parseDoorLines(text).items.length
      const alarms = zkteco.parseOperationLines(text).items.length
      const results = zkteco.parseCommandResults(text).length
      return punches + doors + alarms + results > 0 || zkteco.parseInfo(text) !== null
    },
  }
}
