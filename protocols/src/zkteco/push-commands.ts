/**
 * What a server tells push terminals (sources as in `push.ts`). A command is one line `C:<id>:<text>`; fields come from
 * people, so nothing in them may end a field or a line.
 */
import { encodeTime, type LocalTime } from './time.ts'

export interface PushPerson {
  readonly id: string
  readonly name: string
  readonly card?: string | undefined
  readonly pin?: string | undefined
}

/** The two dialects: attendance terminals (2.x) and access control (3.x). */
export type PushDialect = 'attendance' | 'access'

export function commandLine(id: string, text: string): string {
  return `C:${id}:${text}\n`
}

/** Commands that put a person on the terminal, in their order; `doors` are opened to him in the access dialect. */
export function personCommands(dialect: PushDialect, person: PushPerson, doors: number): string[] {
  const fields = (pairs: readonly (readonly [string, string | undefined])[]) =>
    pairs.flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${fieldText(value)}`])).join('\t')
  if (dialect === 'attendance') {
    const { id, name, pin, card } = person
    return [`DATA UPDATE USERINFO ${fields([['PIN', id], ['Name', name], ['Pri', '0'], ['Passwd', pin], ['Card', card]])}`] // prettier-ignore
  }
  const user = fields([
    ['CardNo', person.card],
    ['Pin', person.id],
    ['Password', person.pin],
    ['Name', person.name],
    ['Privilege', '0'],
  ])
  // Without an authorisation the person is known and the door stays closed; time zone 1 is "always".
  const authorised = fields([
    ['Pin', person.id],
    ['AuthorizeTimezoneId', '1'],
    ['AuthorizeDoorId', String(2 ** doors - 1)],
  ])
  return doors > 0 ? [`DATA UPDATE user ${user}`, `DATA UPDATE userauthorize ${authorised}`] : [`DATA UPDATE user ${user}`] // prettier-ignore
}

export function removalCommands(dialect: PushDialect, id: string): string[] {
  if (dialect === 'attendance') return [`DATA DELETE USERINFO PIN=${fieldText(id)}`]
  return [`DATA DELETE userauthorize Pin=${fieldText(id)}`, `DATA DELETE user Pin=${fieldText(id)}`]
}

/**
 * `seconds` 1–254, 0 closes, 255 holds open. Attendance terminals have one lock and take no seconds; null where the
 * dialect has no such command.
 */
export function doorCommand(dialect: PushDialect, door: number, seconds: number): string | null {
  if (dialect === 'attendance') return seconds >= 1 && seconds <= 254 ? 'AC_UNLOCK' : null
  const hex = (value: number) => value.toString(16).toUpperCase().padStart(2, '0')
  return `CONTROL DEVICE 01${hex(door)}01${hex(seconds)}`
}

/** Access control counts in UTC (3.1.2, appendix 5), attendance terminals by their wall clock. */
export function clockCommand(dialect: PushDialect, time: LocalTime): string {
  return `SET ${dialect === 'access' ? 'OPTIONS' : 'OPTION'} DateTime=${encodeTime(time)}`
}

export interface PushOptions {
  readonly serial: string
  readonly dialect: PushDialect
  /** The terminal's `pushver`; old firmware has none and other names for its stamps. */
  readonly version: string | null
  /** How far each table was taken. */
  readonly stamps: { readonly attendance: string; readonly operations: string }
  /** Of the site, now. */
  readonly zoneOffsetMinutes: number
  /** Seconds between requests for commands. */
  readonly delaySeconds: number
  /** Names the session to access terminals. */
  readonly registryCode: string
}

/** Answer to the first request of a terminal: what it is to send, and how often. */
export function optionsText(options: PushOptions): string {
  return options.dialect === 'access' ? accessOptions(options) : attendanceOptions(options)
}

function attendanceOptions({
  serial,
  version,
  stamps,
  zoneOffsetMinutes,
  delaySeconds,
}: PushOptions): string {
  const [attendance, operations, photos] =
    version === null ? ['Stamp', 'OpStamp', 'PhotoStamp'] : ['ATTLOGStamp', 'OPERLOGStamp', 'ATTPHOTOStamp']
  // Whole zones in hours, others in minutes (2.4.2, "Initialization information exchange").
  const zone = zoneOffsetMinutes % 60 === 0 ? zoneOffsetMinutes / 60 : zoneOffsetMinutes
  return lines([
    `GET OPTION FROM: ${serial}`,
    `${attendance}=${stamps.attendance}`,
    `${operations}=${stamps.operations}`,
    `${photos}=None`,
    'ErrorDelay=30',
    `Delay=${delaySeconds}`,
    'TransTimes=00:00;12:00',
    'TransInterval=1',
    'TransFlag=TransData AttLog\tOpLog',
    `TimeZone=${zone}`,
    'Realtime=1',
    'Encrypt=None',
    'ServerVer=2.4.1',
    'PushProtVer=2.4.1',
  ])
}

function accessOptions({ registryCode, delaySeconds }: PushOptions): string {
  return lines([
    'registry=ok',
    `RegistryCode=${registryCode}`,
    'ServerVersion=3.1.2',
    'ServerName=Courtyard',
    'PushProtVer=3.1.2',
    'ErrorDelay=30',
    `RequestDelay=${delaySeconds}`,
    'TransTimes=00:00;12:00',
    'TransInterval=1',
    'TransTables=Transaction',
    'Realtime=1',
    'TimeoutSec=10',
  ])
}

function lines(texts: readonly string[]): string {
  return `${texts.join('\r\n')}\r\n`
}

/** Control characters, tabs and line ends would begin a new field or a new command. */
function fieldText(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f\u0085\u2028\u2029]+/g, ' ').trim()
}
