/** Codecs of terminals and of devices that speak by themselves. */
import { acsEvent, anprEvent, fieldsOf, liveAcsRecord, MultipartReader } from '@courtyard/protocols/isapi'
import { loadProfiles } from '@courtyard/protocols/profile'
import * as zkteco from '@courtyard/protocols/zkteco'
import { parseDocument } from '../../../edge/src/drivers/hikvision/document.ts'
import { mapMessage, mappingOf } from '../../../edge/src/drivers/mqtt/message.ts'
import type { FuzzTarget } from './fuzz-run.ts'
import { chunksOf, hex, json, textOf, utf8 } from './input.ts'

export function deviceTargets(): FuzzTarget[] {
  const zkteco = [zktecoTcp(), zktecoUdp(), zktecoRecords(), zktecoLive(), zktecoPush()]
  return [...zkteco, isapiStream(), mqttMessages()]
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

/** The event stream of an ISAPI device: parts, documents in XML and JSON, and the events that they become. */
function isapiStream(): FuzzTarget {
  const acs = { ipAddress: '10.0.0.5', eventType: 'AccessControllerEvent', dateTime: '2026-11-21T08:30:00+08:00', AccessControllerEvent: { majorEventType: 5, subEventType: 75, employeeNoString: '42', serialNo: 7, doorNo: 1, cardNo: '12345' } } // prettier-ignore
  const anpr = '<EventNotificationAlert version="2.0"><eventType>ANPR</eventType><dateTime>2026-11-21T08:30:00+08:00</dateTime><UUID>a1</UUID><ANPR><licensePlate>京A12345</licensePlate><direction>forward</direction><confidenceLevel>97</confidenceLevel><plateColor>blue</plateColor></ANPR></EventNotificationAlert>' // prettier-ignore
  const part = (type: string, body: string) =>
    `--MIME_boundary\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}\r\n`
  const readTime = (text: string) => (Number.isNaN(Date.parse(text)) ? null : Date.parse(text))
  const open = () => new MultipartReader('MIME_boundary', 4_096)
  let reader = open()
  return {
    codec: 'isapi stream',
    seeds: [utf8(part('application/json', JSON.stringify(acs))), utf8(part('application/xml', anpr)), utf8(`${part('application/xml', anpr)}${part('image/jpeg', '\xff\xd8 picture')}--MIME_boundary--\r\n`)], // prettier-ignore
    take(input) {
      try {
        const parts = chunksOf(input).flatMap((chunk) => reader.push(chunk))
        return parts.map(({ body }) => isEvent(textOf(body), readTime)).includes(true)
      } catch (error) {
        reader = open()
        throw error
      }
    },
  }
}

function isEvent(text: string, readTime: (text: string) => number | null): boolean {
  const document = parseDocument(text)
  const alert = fieldsOf(document?.['EventNotificationAlert']) ?? document
  if (!alert) return false
  const record = liveAcsRecord(alert, readTime)
  if (record && acsEvent('d', record)) return true
  return anprEvent(alert, { device: 'd', direction: 'in' }, readTime, null) !== null
}

/** Messages of publishing devices through the mapping of every profile. */
function mqttMessages(): FuzzTarget {
  const mappings = [...loadProfiles().values()]
    .filter(({ driver }) => driver === 'mqtt')
    .map((profile) => mappingOf('d', profile, 'Asia/Shanghai'))
  const topics = ['tele/x/SENSOR', 'stat/x/RESULT', 'x/status/switch:0', 'meters/x/report', 'a/b/event/up']
  return {
    codec: 'mqtt messages',
    seeds: [
      json({ Time: '2026-11-21T08:30:00', ENERGY: { Total: 12.345, Power: 7, Voltage: 231, Current: 0.1, Factor: 0.9 }, POWER: 'ON' }),
      json({ apower: 12.5, voltage: 230.1, current: 0.05, freq: 50, output: true, aenergy: { total: 123456.789 }, temperature: { tC: 41.5 } }),
      json({ readings: [{ time: 1_795_000_000, volume: 12.5, battery: 3.61, valve: 'open' }, { time: 1_795_003_600, volume: 12.6 }] }),
      json({ time: '2026-11-21T08:30:00.000Z', object: { volume: 12.345, flow: 0.5, battery: 3.6 }, rxInfo: [{ rssi: -101, snr: 7.5 }] }),
    ],
    take(input) {
      const topic = topics[(input[0] ?? 0) % topics.length]!
      const incoming = { topic, payload: input, arrivedMs: Date.UTC(2026, 10, 21), retained: false }
      const readings = mappings.flatMap((mapping) => mapMessage(mapping, incoming).readings)
      for (const { mantissa, atMs } of readings) {
        if ((mantissa !== null && !Number.isSafeInteger(mantissa)) || !Number.isSafeInteger(atMs)) {
          throw new Error('a reading that is no exact number')
        }
      }
      return readings.some(({ mantissa }) => mantissa !== null)
    },
  }
} // prettier-ignore
