/** What the terminal answers to each command. */
import type { ZkPacket } from '@courtyard/protocols/zkteco'
import type { DeviceFault } from '../device.ts'
import { packPunch, packSizes, packTime, packUser, unpackTime, unpackUser, type SimulatedPunch, type SimulatedUser } from './terminal-data.ts' // prettier-ignore

/**
 * - `partial`: the last chunk never comes, the transfer ends as if it had
 * - `short`: the buffer lacks its last record
 * - `loss`, `duplicate`: UDP packets of a transfer; `replyLoss`: every other acknowledgement over UDP
 * - `forgetful`: every command is answered as unauthorised, as after a restart
 * - `readOnly`: users are refused, the table stays as it is
 */
export type TerminalFault = DeviceFault | 'partial' | 'short' | 'loss' | 'duplicate' | 'replyLoss' | 'forgetful' | 'readOnly' // prettier-ignore

export interface TerminalState {
  readonly commKey: number
  readonly record: 8 | 16 | 40
  readonly userRecord: 28 | 72
  /** Over TCP: bytes of the parts of a chunk; null sends it in one (zk-protocol), 1008 as pyzk captured. */
  readonly tcpPart: number | null
  users: SimulatedUser[]
  punches: SimulatedPunch[]
  clockOffsetSeconds: number
  enabled: boolean
  door: number
  /** Tenths of seconds of each unlocking. */
  readonly unlocks: number[]
  /** Commands in the order of their coming. */
  readonly log: number[]
  nextSession: number
  fault: TerminalFault | null
  dataPackets: number
}

export interface TerminalLink {
  readonly transport: 'tcp' | 'udp'
  sessionId: number
  authorised: boolean
  events: boolean
  /** Table that was asked for, as it was then. */
  buffer: Buffer
  replyId: number
  send(packet: ZkPacket): void
  raw(bytes: Uint8Array): void
  reset(): void
}

const OK = 2000
const ERROR = 2001
const UNAUTHORISED = 2005
/** A table up to this size comes at once. */
const DIRECT_BYTES = 1_024

export function answer(packet: ZkPacket, link: TerminalLink, state: TerminalState): void {
  const reply = (command: number, data: Uint8Array = Buffer.alloc(0)) =>
    link.send({ command, sessionId: link.sessionId, replyId: packet.replyId, data })
  state.log.push(packet.command)
  if (packet.command === 1000) return connect(link, state, reply)
  if (packet.command === 1102) return authorise(packet, link, state, reply)
  if (packet.command === 1001) return reply(OK)
  if (!link.authorised || packet.sessionId !== link.sessionId || state.fault === 'forgetful') {
    return reply(UNAUTHORISED)
  }
  if (state.fault === 'refusing') return reply(ERROR)
  if (packet.command === 1503) return prepare(packet, link, state, reply)
  if (packet.command === 1504) return sendChunk(packet, link, state, reply)
  const result = execute(packet, link, state)
  reply(result === null ? ERROR : OK, result ?? undefined)
}

type Answer = (command: number, data?: Uint8Array) => void

function connect(link: TerminalLink, state: TerminalState, reply: Answer): void {
  link.sessionId = state.nextSession++
  link.authorised = state.commKey === 0
  link.events = false
  reply(link.authorised ? OK : UNAUTHORISED)
}

function authorise(packet: ZkPacket, link: TerminalLink, state: TerminalState, reply: Answer): void {
  link.authorised = Buffer.compare(packet.data, expectedKey(state.commKey, link.sessionId)) === 0
  reply(link.authorised ? OK : UNAUTHORISED)
}

/** MakeKey of commpro.c, as pyzk tells it: word by word. */
function expectedKey(key: number, session: number): Buffer {
  const bits = key.toString(2).padStart(32, '0')
  const reversed = parseInt([...bits].reverse().join(''), 2)
  const word = Buffer.alloc(4)
  word.writeUInt32LE((reversed + session) % 2 ** 32)
  const mixed = Buffer.from(word.map((byte, index) => byte ^ 'ZKSO'.charCodeAt(index))).swap16()
  mixed.swap32()
  return Buffer.from([mixed[0]! ^ 50, mixed[1]! ^ 50, 50, mixed[3]! ^ 50])
}

/** The reply's data; null when it is refused. */
function execute(packet: ZkPacket, link: TerminalLink, state: TerminalState): Uint8Array | null {
  const data = Buffer.from(packet.data)
  switch (packet.command) {
    case 50:
      return packSizes(state.users.length, state.punches.length)
    case 75:
      return Buffer.from([state.door])
    case 201: {
      const time = Buffer.alloc(4)
      time.writeUInt32LE(packTime(wallClock(state.clockOffsetSeconds)))
      return time
    }
    case 202:
      state.clockOffsetSeconds = secondsBetween(unpackTime(data.readUInt32LE(0)), wallClock(0))
      return Buffer.alloc(0)
    case 31:
      state.unlocks.push(data.readUInt32LE(0))
      return Buffer.alloc(0)
    case 500:
      link.events = data.readUInt32LE(0) !== 0
      return Buffer.alloc(0)
    case 1002:
    case 1003:
      state.enabled = packet.command === 1002
      return Buffer.alloc(0)
    case 8:
    case 18:
      return state.fault === 'readOnly' ? null : changeUser(packet.command, data, state)
    case 1013:
    case 1502:
      return Buffer.alloc(0)
    default:
      return null
  }
}

function changeUser(command: number, data: Buffer, state: TerminalState): Uint8Array | null {
  if (command === 18) {
    const before = state.users.length
    state.users = state.users.filter((user) => user.uid !== data.readUInt16LE(0))
    return state.users.length < before ? Buffer.alloc(0) : null
  }
  if (data.length !== state.userRecord) return null
  const user = unpackUser(data)
  state.users = [...state.users.filter((other) => other.uid !== user.uid), user]
  return Buffer.alloc(0)
}

function prepare(packet: ZkPacket, link: TerminalLink, state: TerminalState, reply: Answer): void {
  const table = Buffer.from(packet.data).readUInt16LE(1)
  if (table !== 13 && table !== 9) return reply(ERROR)
  const records =
    table === 13
      ? state.punches.map((punch) => packPunch(punch, state.record))
      : state.users.map((user) => packUser(user, state.userRecord))
  if (state.fault === 'short') records.pop()
  const body = Buffer.concat(records)
  const head = Buffer.alloc(4)
  head.writeUInt32LE(body.length)
  link.buffer = Buffer.concat([head, body])
  if (link.buffer.length <= DIRECT_BYTES) return reply(1501, link.buffer)
  const announcement = Buffer.alloc(13)
  announcement.writeUInt32LE(link.buffer.length, 1)
  announcement.writeUInt32LE(link.buffer.length, 5)
  reply(OK, announcement)
}

/** PREPARE_DATA, then the bytes in parts whose session field counts them, then OK; all with one reply number. */
function sendChunk(packet: ZkPacket, link: TerminalLink, state: TerminalState, reply: Answer): void {
  const request = Buffer.from(packet.data)
  const [start, size] = [request.readUInt32LE(0), request.readUInt32LE(4)]
  if (start + size > link.buffer.length) return reply(ERROR)
  const chunk = link.buffer.subarray(start, start + size)
  const head = Buffer.alloc(8)
  head.writeUInt32LE(size)
  head.writeUInt32LE(1_008, 4)
  reply(1500, head)
  const step = link.transport === 'tcp' ? (state.tcpPart ?? chunk.length) : 1_024
  const last = state.fault === 'partial' ? chunk.length - 1 : chunk.length
  let part = 0
  for (let offset = 0; offset < last; offset += step) {
    if (state.fault === 'partial' && offset + step >= chunk.length) break
    const data = chunk.subarray(offset, offset + step)
    link.send({ command: 1501, sessionId: part++, replyId: packet.replyId, data })
  }
  link.send({ command: OK, sessionId: part, replyId: packet.replyId, data: Buffer.alloc(0) })
}

/** Wall clock of the simulated site, which is in Shanghai. */
export function wallClock(offsetSeconds: number): string {
  const at = new Date(Date.now() + offsetSeconds * 1_000)
  return at.toLocaleString('sv-SE', { timeZone: 'Asia/Shanghai' })
}

function secondsBetween(a: string, b: string): number {
  return Math.round((Date.parse(`${a.replace(' ', 'T')}Z`) - Date.parse(`${b.replace(' ', 'T')}Z`)) / 1_000)
}
