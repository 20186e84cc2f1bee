import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import {
  clockCommand,
  commandLine,
  doorCommand,
  optionsText,
  personCommands,
  removalCommands,
} from './push-commands.ts'
import {
  parseAttendanceLines,
  parseCommandResults,
  parseDoorLines,
  parseInfo,
  parseOperationLines,
} from './push.ts'

test('attendance lines, with what firmware leaves out and lines that are none', () => {
  const body = '1001\t2026-01-15 08:30:05\t0\t1\t0\t0\t0\r\nA7\t2026-01-15 18:00:00\t1\t15\t3\n7\t2026-01-15 18:00:01\n\n\t2026-01-15 18:00:00\t1\nx\tnever\n7\t2026-01-15 18:00:01\t999\n' // prettier-ignore
  const { items, bad } = parseAttendanceLines(body)
  expect(items.map(({ user, punch, verify, workCode }) => [user, punch, verify, workCode])).toEqual([
    ['1001', 0, 1, null],
    ['A7', 1, 15, '3'],
    ['7', 0, 0, null],
  ])
  expect(bad).toHaveLength(3)
})

test('a door line of a SenseFace terminal', () => {
  const line =
    'time=2026-02-23 14:13:48\tpin=2\tcardno=0\teventaddr=1\tevent=3\tinoutstatus=0\tverifytype=15\tindex=140\tsitecode=0\tlinkid=0\tmaskflag=0\ttemperature=0\tconvtemperature=0'
  const { items, bad } = parseDoorLines(`${line}\r\ntime=2026-02-23 14:13:48\tpin=2\r\n`)
  expect(items).toEqual([
    { time: { year: 2026, month: 2, day: 23, hour: 14, minute: 13, second: 48 }, user: '2', card: null, door: '1', event: 3, inOut: 0, verify: 15, index: '140' }, // prettier-ignore
  ])
  expect(bad).toHaveLength(1)
})

test('of operations only the alarms', () => {
  const body = 'OPLOG 4\t14\t2026-01-15 08:00:00\t0\t0\t0\t0\nUSER PIN=1\tName=A\tPri=0\nOPLOG 3\t0\t2026-01-15 08:00:01\t54\t0\t0\t0\nFP PIN=1\tFID=0\n' // prettier-ignore
  expect(parseOperationLines(body)).toMatchObject({ items: [{ code: 54, time: { second: 1 } }], bad: [] })
})

test('results as real terminals batch them (zkteco-adms ADMS.md)', () => {
  expect(parseCommandResults('ID=1&Return=0&CMD=DATA\nID=2&Return=-1002&CMD=DATA\n')).toEqual([
    { id: '1', code: 0 },
    { id: '2', code: -1002 },
  ])
  expect(parseCommandResults('ID=32\nReturn=0\nCMD=Shell\nContent=Return=-5 for ever')).toEqual([{ id: '32', code: 0 }]) // prettier-ignore
  expect(parseCommandResults('Return=0&CMD=DATA')).toEqual([])
})

test('what a terminal says about itself', () => {
  expect(parseInfo('Ver 8.0.4.3-20190401,2,1,7,192.168.1.201,10,7,15,11,111')).toEqual({ firmware: 'Ver 8.0.4.3-20190401', users: 2, fingerprints: 1, records: 7 }) // prettier-ignore
  expect(parseInfo('Ver 8')).toBeNull()
})

test('commands in both dialects', () => {
  const person = { id: '1001', name: '张三', card: '123', pin: '99' }
  expect(personCommands('attendance', person, 0)).toEqual(['DATA UPDATE USERINFO PIN=1001\tName=张三\tPri=0\tPasswd=99\tCard=123']) // prettier-ignore
  expect(personCommands('access', person, 4)).toEqual([
    'DATA UPDATE user CardNo=123\tPin=1001\tPassword=99\tName=张三\tPrivilege=0',
    'DATA UPDATE userauthorize Pin=1001\tAuthorizeTimezoneId=1\tAuthorizeDoorId=15',
  ])
  expect(removalCommands('attendance', '7')).toEqual(['DATA DELETE USERINFO PIN=7'])
  expect(removalCommands('access', '7')).toHaveLength(2)
  expect(doorCommand('access', 1, 5)).toBe('CONTROL DEVICE 01010105')
  expect(doorCommand('access', 2, 255)).toBe('CONTROL DEVICE 010201FF')
  expect(doorCommand('attendance', 1, 5)).toBe('AC_UNLOCK')
  expect(doorCommand('attendance', 1, 255)).toBeNull()
  const time = { year: 2018, month: 6, day: 25, hour: 17, minute: 50, second: 35 }
  expect(clockCommand('access', time)).toBe(`SET OPTIONS DateTime=${0x2368b36b}`)
})

test('no name ends a field or begins a command', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      const line = commandLine('1', personCommands('attendance', { id: '1', name }, 0)[0]!)
      expect(line.split(/[\r\n]/)).toHaveLength(2)
      expect(line.split('\t')).toHaveLength(3)
    }),
  )
})

test('options: names of stamps by firmware, zones in hours or minutes', () => {
  const base = { serial: 'AB1', dialect: 'attendance', version: '2.4.1', stamps: { attendance: '9', operations: '3' }, zoneOffsetMinutes: 480, delaySeconds: 10, registryCode: 'x' } as const // prettier-ignore
  expect(optionsText(base)).toMatch(
    /^GET OPTION FROM: AB1\r\nATTLOGStamp=9\r\nOPERLOGStamp=3\r\n[^]*TimeZone=8\r\n/,
  )
  expect(optionsText({ ...base, version: null, zoneOffsetMinutes: 330 })).toMatch(
    /\nStamp=9\r\n[^]*TimeZone=330\r\n/,
  )
  expect(optionsText({ ...base, dialect: 'access' })).toMatch(/^registry=ok\r\nRegistryCode=x\r\n/)
})

test('any text parses or is told as bad', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (body) => {
      for (const parse of [parseAttendanceLines, parseDoorLines, parseOperationLines]) {
        const { items, bad } = parse(body)
        expect(items.length + bad.length).toBeLessThanOrEqual(body.split('\n').length)
      }
      parseCommandResults(body)
      parseInfo(body)
    }),
    { seed: 4370, numRuns: 2_000 },
  )
})
