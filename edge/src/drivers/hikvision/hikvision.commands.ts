/** Commands to a device, each sent once, and what it holds afterwards. */
import { randomUUID } from 'node:crypto'
import {
  AppError,
  type CommandBody,
  type PlateEntry,
  type TerminalPerson,
} from '@courtyard/protocols/contract'
import { wholeOf } from '@courtyard/protocols/isapi'
import { errorCodes } from '../../errors.ts'
import type { Clock } from '../../clock.ts'
import type { CommandOutcome } from '../driver.ts'
import { isoInstant, isoLocal } from '../iso-time.ts'
import { accepted, confirmed, failed } from '../meter-bus/command-outcome.ts'
import { at, escapeXml, listOf, type Document } from './document.ts'
import type { IsapiClient } from './isapi-client.ts'

export interface CommandContext {
  readonly client: IsapiClient
  readonly clock: Clock
  readonly timeZone: string
  /** Channel of the device at its host. */
  readonly channel: number
  /** Door or lane of the profile's command. */
  readonly door: string
  /** Doors that people get the right to. */
  readonly doors: number
}

const CLOCK_TOLERANCE_MS = 2_500
const PLATES_AT_ONCE = 50
const LIST_PAGE = 100

/** @throws AppError of the client. */
export async function perform(context: CommandContext, body: CommandBody): Promise<CommandOutcome> {
  switch (body.kind) {
    case 'door':
      return controlDoor(context, body)
    case 'barrier':
      if (body.action === 'stop') return failed('the device has no command to stop the barrier')
      await put(context, `/ISAPI/Parking/channels/${context.channel}/barrierGate`, `<BarrierGate><ctrlMode>${body.action}</ctrlMode></BarrierGate>`) // prettier-ignore
      return accepted(null)
    case 'clock':
      return setClock(context)
    case 'plates':
      return setPlates(context, body.plates)
    case 'people':
      return setPeople(context, body.people)
    default:
      return failed(`the device has no command ${body.kind}`)
  }
}

/** What the device holds now; null where it cannot tell. @throws AppError of the client. */
export async function look(context: CommandContext, body: CommandBody): Promise<CommandOutcome | null> {
  if (body.kind === 'clock') return compareClock(context)
  if (body.kind === 'plates') return comparePlates(context, body.plates)
  return body.kind === 'people' ? comparePeople(context, body.people) : null
}

async function controlDoor(
  context: CommandContext,
  body: CommandBody & { kind: 'door' },
): Promise<CommandOutcome> {
  const command = { open: 'open', close: 'close', holdOpen: 'alwaysOpen' }[body.action]
  await put(context, `/ISAPI/AccessControl/RemoteControl/door/${context.door}`, `<RemoteControlDoor><cmd>${command}</cmd></RemoteControlDoor>`) // prettier-ignore
  return accepted(body.seconds === undefined ? null : 'the door stays open as long as is set in the device')
}

async function setClock(context: CommandContext): Promise<CommandOutcome> {
  const { client, clock, timeZone } = context
  const time = at(await client.ask({ method: 'GET', path: '/ISAPI/System/time' }), 'Time')
  if (at(time, 'timeMode') === 'NTP') return failed('the device takes its time from NTP; setting it would switch that off') // prettier-ignore
  const zone = at(time, 'timeZone')
  const local = isoLocal(clock.nowMs() + 500, timeZone)
  const kept = typeof zone === 'string' && zone !== '' ? `<timeZone>${escapeXml(zone)}</timeZone>` : ''
  await put(context, '/ISAPI/System/time', `<Time><timeMode>manual</timeMode><localTime>${local}</localTime>${kept}</Time>`) // prettier-ignore
  return compareClock(context)
}

async function compareClock({ client, clock, timeZone }: CommandContext): Promise<CommandOutcome> {
  const offset = await clockOffsetMs(client, clock, timeZone)
  if (Math.abs(offset) <= CLOCK_TOLERANCE_MS) return confirmed(null)
  return failed(`the clock of the device is ${Math.round(offset / 1_000)} s off`)
}

/** Positive: the device is ahead. @throws AppError of the client, `edge.reply_invalid`. */
export async function clockOffsetMs(client: IsapiClient, clock: Clock, timeZone: string): Promise<number> {
  const text = at(await client.ask({ method: 'GET', path: '/ISAPI/System/time' }), 'Time', 'localTime')
  const atMs = typeof text === 'string' ? isoInstant(text, timeZone) : null
  if (atMs === null) throw new AppError(errorCodes.replyInvalid, 'the device tells no time')
  return atMs - clock.nowMs()
}

async function setPlates(context: CommandContext, plates: readonly PlateEntry[]): Promise<CommandOutcome> {
  const { client, channel, clock, timeZone } = context
  const base = `/ISAPI/Traffic/channels/${channel}`
  const time = (atMs: number) => isoLocal(atMs, timeZone).slice(0, 19)
  const present = plates.filter((entry) => entry.present)
  for (let from = 0; from < present.length; from += PLATES_AT_ONCE) {
    const LicensePlateInfoList = present.slice(from, from + PLATES_AT_ONCE).map(({ plate, list, fromMs, toMs }) => ({
      LicensePlate: plate,
      listType: list === 'allow' ? 'allowList' : 'blockList',
      createTime: time(clock.nowMs()),
      effectiveStartDate: time(fromMs ?? Date.UTC(2000, 0, 2)).slice(0, 10),
      effectiveTime: time(toMs ?? Date.UTC(2037, 11, 30)),
      operationType: 'add',
      id: '',
    })) // prettier-ignore
    await sendJson(client, `${base}/licensePlateAuditData/record?format=json`, { LicensePlateInfoList })
  }
  const gone = new Set(plates.filter((entry) => !entry.present).map(({ plate }) => plate))
  if (gone.size > 0) {
    const ids = (await listPlates(context)).filter(({ plate }) => gone.has(plate)).map(({ id }) => id)
    if (ids.length > 0) await sendJson(client, `${base}/DelLicensePlateAuditData?format=json`, { deleteAllEnabled: false, id: ids }) // prettier-ignore
  }
  return comparePlates(context, plates)
}

async function comparePlates(
  context: CommandContext,
  plates: readonly PlateEntry[],
): Promise<CommandOutcome> {
  const held = new Map((await listPlates(context)).map(({ plate, list }) => [plate, list]))
  const wrong = plates.filter(({ plate, list, present }) =>
    present ? held.get(plate) !== list : held.has(plate),
  )
  if (wrong.length === 0) return confirmed(null)
  return failed(`${wrong.length} of ${plates.length} plates are not as wanted on the camera: ${wrong.slice(0, 10).map(({ plate }) => plate).join(', ')}`) // prettier-ignore
}

async function listPlates({ client, channel }: CommandContext) {
  const held: { plate: string; id: string; list: 'allow' | 'block' | 'other' }[] = []
  for (;;) {
    const text = `<LPListAuditSearchDescription><searchID>${randomUUID()}</searchID><maxResults>${LIST_PAGE}</maxResults><searchResultPosition>${held.length}</searchResultPosition></LPListAuditSearchDescription>` // prettier-ignore
    const reply = await client.ask({ method: 'POST', path: `/ISAPI/Traffic/channels/${channel}/searchLPListAudit`, body: { type: 'xml', text } }) // prettier-ignore
    const result = at(reply, 'LPListAuditSearchResult') ?? reply
    const infos = listOf(at(result, 'LicensePlateInfoList', 'LicensePlateInfo'))
    for (const info of infos) {
      const list = /^(white|allow)/i.test(String(info['type'] ?? info['listType'])) ? 'allow' : /^(black|block)/i.test(String(info['type'] ?? info['listType'])) ? 'block' : 'other' // prettier-ignore
      held.push({ plate: String(info['LicensePlate']), id: String(info['id']), list })
    }
    const total = wholeOf(at(result, 'totalMatches')) ?? 0
    if (held.length >= total) return held
    if (infos.length === 0) throw new AppError(errorCodes.replyInvalid, `list of plates: ${held.length} of ${total} came`) // prettier-ignore
  }
}

async function setPeople(
  context: CommandContext,
  people: readonly TerminalPerson[],
): Promise<CommandOutcome> {
  const { client, doors } = context
  const rights = Array.from({ length: doors }, (_, index) => index + 1)
  for (const { id, name, card, pin, present } of people) {
    if (!present) continue
    const UserInfo = {
      employeeNo: id,
      name,
      userType: 'normal',
      Valid: {
        enable: true,
        beginTime: '2000-01-02T00:00:00',
        endTime: '2037-12-30T23:59:59',
        timeType: 'local',
      },
      doorRight: rights.join(','),
      RightPlan: rights.map((doorNo) => ({ doorNo, planTemplateNo: '1' })),
      ...(pin === undefined ? {} : { password: pin }),
    }
    await sendJson(client, '/ISAPI/AccessControl/UserInfo/SetUp?format=json', { UserInfo })
    if (card !== undefined) await sendJson(client, '/ISAPI/AccessControl/CardInfo/SetUp?format=json', { CardInfo: { employeeNo: id, cardNo: card, cardType: 'normalCard' } }) // prettier-ignore
  }
  const gone = people.filter((person) => !person.present).map(({ id }) => ({ employeeNo: id }))
  for (let from = 0; from < gone.length; from += 30)
    await sendJson(client, '/ISAPI/AccessControl/UserInfo/Delete?format=json', { UserInfoDelCond: { EmployeeNoList: gone.slice(from, from + 30) } }) // prettier-ignore
  return comparePeople(context, people)
}

async function comparePeople(
  { client }: CommandContext,
  people: readonly TerminalPerson[],
): Promise<CommandOutcome> {
  const held = new Map<string, string>()
  for (let from = 0; from < people.length; from += 30) {
    const EmployeeNoList = people.slice(from, from + 30).map(({ id }) => ({ employeeNo: id }))
    const UserInfoSearchCond = {
      searchID: randomUUID(),
      searchResultPosition: 0,
      maxResults: 30,
      EmployeeNoList,
    }
    const reply = await client.ask({ method: 'POST', path: '/ISAPI/AccessControl/UserInfo/Search?format=json', body: { type: 'json', text: JSON.stringify({ UserInfoSearchCond }) } }) // prettier-ignore
    for (const info of listOf(at(reply, 'UserInfoSearch', 'UserInfo'))) held.set(String(info['employeeNo']), String(info['name'])) // prettier-ignore
  }
  const wrong = people.filter(({ id, name, present }) => (present ? held.get(id) !== name : held.has(id)))
  if (wrong.length === 0) return confirmed(null)
  return failed(`${wrong.length} of ${people.length} people are not as wanted on the device: ${wrong.slice(0, 10).map(({ id }) => id).join(', ')}`) // prettier-ignore
}

function put({ client }: CommandContext, path: string, text: string): Promise<Document> {
  return client.ask({ method: 'PUT', path, body: { type: 'xml', text: `<?xml version="1.0" encoding="UTF-8"?>${text}` } }) // prettier-ignore
}

function sendJson(client: IsapiClient, path: string, content: object): Promise<Document> {
  return client.ask({ method: 'PUT', path, body: { type: 'json', text: JSON.stringify(content) } })
}
