import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { DeviceEvent } from '@courtyard/protocols/contract'
import { loadProfiles } from '@courtyard/protocols/profile'
import { decodeAttendance, decodeLiveAlarm, decodeLivePunches, parseAttendanceLines, parseDoorLines, parseOperationLines } from '@courtyard/protocols/zkteco' // prettier-ignore
import {
  liveAlarmEvent,
  punchEvent,
  strangerEvent,
  unlockedEvent,
  unreadableEvent,
  type EventContext,
} from './events.ts'
import { SiteZone } from './local-time.ts'
import { doorLogEvent, operationAlarmEvent } from './push-events.ts'

const contextOf = (profile: string): EventContext => ({ device: 'm', profile: loadProfiles().get(profile)!, zone: new SiteZone('Asia/Shanghai') }) // prettier-ignore
const attendance = contextOf('zkteco-attendance-tcp')
const access = contextOf('zkteco-access-push')
const field = fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.nat(70_000).map(String), fc.constant('2026-01-15 08:30:00')) // prettier-ignore

test('whatever terminals say, its events are events of the contract', () => {
  const fits = (event: DeviceEvent | null) =>
    event && expect(DeviceEvent.safeParse(event).error).toBeUndefined()
  fc.assert(
    fc.property(
      field,
      field,
      fc.nat(300),
      fc.uint8Array({ minLength: 52, maxLength: 52 }),
      (a, b, code, bytes) => {
        for (const { user, ...punch } of parseAttendanceLines(
          `${a}\t2026-01-15 08:30:00\t${code % 256}\t1\t${b}`,
        ).items) {
          fits(punchEvent(attendance, { ...punch, person: user }))
          fits(punchEvent(access, { ...punch, person: user }))
        }
        const line = `time=2026-01-15 08:30:00\tevent=${code}\tpin=${a}\tcardno=${b}\teventaddr=${a}\tindex=${b}`
        for (const log of parseDoorLines(line).items) fits(doorLogEvent(access, log))
        for (const alarm of parseOperationLines(`OPLOG 3\t0\t2026-01-15 08:30:00\t${code}`).items) {
          fits(operationAlarmEvent(attendance, alarm))
        }
        fits(liveAlarmEvent('m', decodeLiveAlarm(bytes), 1))
        fits(unreadableEvent('m', a, b, 'x', 1))
        bytes.set([1, 1, 26, 1, 15, 8, 30, 0], 24)
        for (const { user, ...punch } of decodeLivePunches(bytes)) {
          fits(punchEvent(attendance, { ...punch, person: user, workCode: null }))
        }
      },
    ),
    { seed: 4370, numRuns: 500 },
  )
  fits(strangerEvent('m', 1))
  fits(unlockedEvent('m', 1))
})

test('live, from the log and pushed: one identity', () => {
  const hex = (text: string) => Uint8Array.from(Buffer.from(text.replace(/\s/g, ''), 'hex'))
  // 2018-06-25 17:50:35 by 999111333 with a finger: the record of zk-protocol, and the same moment live and as a line.
  const [log] = decodeAttendance(
    hex(`0D00 393939313131333333 ${'00'.repeat(15)} 01 6BB36823 00 00000000FF000000`),
    40,
  )
  const [live] = decodeLivePunches(hex(`393939313131333333 ${'00'.repeat(15)} 0100 120619113223`))
  const [line] = parseAttendanceLines('999111333\t2018-06-25 17:50:35\t0\t1\t0').items
  const events = [
    punchEvent(attendance, { ...log!, person: log!.user!, workCode: null }),
    punchEvent(attendance, { ...live!, person: live!.user, workCode: null }),
    punchEvent(attendance, { ...line!, person: line!.user }),
  ]
  expect(new Set(events.map(({ id }) => id))).toEqual(new Set(['punch/999111333/20180625T175035/0/1']))
  expect(events[1]).toEqual(events[0])
})
