/**
 * Text of the push protocol (ADMS) of ZKTeco terminals: lines of tab-separated fields over HTTP. Sources: ZKTeco
 * "Attendance PUSH Communication Protocol" 2.4.2, "Security PUSH Communication Protocol" 3.1.2; traffic of real
 * terminals in s0x90/zkteco-adms `datasheet/ADMS.md`.
 */
import { AppError } from '../contract/app-error.ts'
import { ZktecoErrorCode } from './errors.ts'
import { parseLocalTime, type LocalTime } from './time.ts'

export interface PushPunch {
  readonly user: string
  readonly time: LocalTime
  readonly punch: number
  readonly verify: number
  readonly workCode: string | null
}

/** Something at a door, from table `rtlog`. */
export interface PushDoorLog {
  readonly time: LocalTime
  readonly user: string | null
  readonly card: string | null
  readonly door: string
  readonly event: number
  /** 0 in, 1 or 3 out, 2 neither. */
  readonly inOut: number
  readonly verify: number
  readonly index: string
}

/** An alarm out of table `OPERLOG`. */
export interface PushAlarm {
  readonly time: LocalTime
  /** 50 closed, 51 opened, 53 exit button, 54 forced, 55 tampered, 58 misuse, 65535 over. */
  readonly code: number
}

/** What a table's body holds, and the lines that nobody can read. */
export interface Parsed<T> {
  readonly items: readonly T[]
  readonly bad: readonly string[]
}

/** Table ATTLOG: number, time, state, verification, work code. */
export function parseAttendanceLines(body: string): Parsed<PushPunch> {
  return parseLines(body, (line) => {
    const [user = '', time = '', punch = '0', verify = '0', workCode = ''] = line
      .split('\t')
      .map((field) => field.trim())
    if (user === '') throw badLine(line)
    const code = workCode === '' || workCode === '0' ? null : workCode
    return { user, time: parseLocalTime(time), punch: byteOf(punch, line), verify: byteOf(verify, line), workCode: code } // prettier-ignore
  })
}

/** Table rtlog: `time=…\tpin=…\tcardno=…\teventaddr=…\tevent=…\tinoutstatus=…\tverifytype=…\tindex=…`. */
export function parseDoorLines(body: string): Parsed<PushDoorLog> {
  return parseLines(body, (line) => {
    const fields = parseFields(line, '\t')
    const time = fields.get('time')
    const event = fields.get('event')
    if (time === undefined || event === undefined) throw badLine(line)
    const named = (key: string) => {
      const value = fields.get(key) ?? ''
      return value === '' || value === '0' ? null : value
    }
    return {
      time: parseLocalTime(time),
      user: named('pin'),
      card: named('cardno'),
      door: fields.get('eventaddr') || '1',
      event: numberOf(event, line),
      inOut: numberOf(fields.get('inoutstatus') || '2', line),
      verify: numberOf(fields.get('verifytype') || '0', line),
      index: fields.get('index') ?? '',
    }
  })
}

/** Table OPERLOG: only `OPLOG 3 …`, the alarms; users, fingerprints and what operators did are left out. */
export function parseOperationLines(body: string): Parsed<PushAlarm> {
  const { items, bad } = parseLines(body, (line) => {
    const fields = line.split('\t').map((field) => field.trim())
    // The separator behind OPLOG is a blank, the others are tabs.
    const [operation] = /^OPLOG\s+(\d+)$/.exec(fields[0] ?? '')?.slice(1) ?? []
    if (operation !== '3') return null
    return { time: parseLocalTime(fields[2] ?? ''), code: numberOf(fields[3] ?? '', line) }
  })
  return { items: items.filter((item) => item !== null), bad }
}

export interface PushCommandResult {
  readonly id: string
  /** 0 or more: done; below 0: refused. */
  readonly code: number
}

/** Body of `devicecmd`: one `ID=…&Return=…&CMD=…` per line, or one result over several lines. */
export function parseCommandResults(body: string): PushCommandResult[] {
  const results: { id: string; code: number | null }[] = []
  for (const part of body.split(/[&\r\n]+/)) {
    const [key = '', value = ''] = split(part, '=')
    if (key.trim().toLowerCase() === 'id') results.push({ id: value.trim(), code: null })
    const last = results.at(-1)
    // Only the first `Return` belongs to the result: `Content` may hold anything.
    if (key.trim().toLowerCase() === 'return' && last?.code === null && /^\s*-?\d+\s*$/.test(value)) {
      last.code = Number(value)
    }
  }
  return results.flatMap(({ id, code }) => (code === null || id === '' ? [] : [{ id, code }]))
}

export interface PushInfo {
  readonly firmware: string
  readonly users: number
  readonly fingerprints: number
  readonly records: number
}

/** The `INFO` parameter of `getrequest`: firmware, users, fingerprints, records, address …; null when it is none. */
export function parseInfo(info: string): PushInfo | null {
  const [firmware = '', ...numbers] = info.split(',').map((field) => field.trim())
  const counts = numbers.slice(0, 3)
  if (counts.length < 3 || counts.some((text) => !/^\d{1,9}$/.test(text))) return null
  const [users, fingerprints, records] = counts.map(Number) as [number, number, number]
  return { firmware, users, fingerprints, records }
}

/** `a=1<separator>b=2`; keys in lower case. */
export function parseFields(line: string, separator: string): Map<string, string> {
  return new Map(
    line.split(separator).flatMap((part): [string, string][] => {
      if (!part.includes('=')) return []
      const [key, value] = split(part, '=')
      return [[key.trim().toLowerCase(), value.trim()]]
    }),
  )
}

function parseLines<T>(body: string, parse: (line: string) => T): Parsed<T> {
  const items: T[] = []
  const bad: string[] = []
  for (const line of body.split(/\r?\n/)) {
    if (line.trim() === '') continue
    try {
      items.push(parse(line))
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      bad.push(line)
    }
  }
  return { items, bad }
}

function split(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)]
}

function byteOf(text: string, line: string): number {
  const value = numberOf(text === '' ? '0' : text, line)
  if (value > 255) throw badLine(line)
  return value
}

function numberOf(text: string, line: string): number {
  if (!/^\d{1,9}$/.test(text)) throw badLine(line)
  return Number(text)
}

function badLine(line: string): AppError {
  return new AppError(ZktecoErrorCode.badLine, 'a line that is none', {
    details: { line: line.slice(0, 200) },
  })
}
