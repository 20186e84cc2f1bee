/**
 * Traps and informs that profiles know, as alarm events. An inform is acknowledged only when its event is on the disk:
 * the sender keeps it until then (RFC 3416, 4.2.7).
 */
import { createHash } from 'node:crypto'
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import snmp, { type Notification, type Receiver, type Varbind } from 'net-snmp'
import type { AlarmEvent } from '@courtyard/protocols/contract'
import type { SnmpTrap } from '@courtyard/protocols/profile'
import type { DriverContext, DriverDevice } from '../driver.ts'
import type { SnmpAccess, SnmpAddress, SnmpBusConfig } from './snmp.config.ts'
import { textOf } from './snmp.points.ts'
import { userOf } from './snmp.session.ts'

/** SNMPv2-MIB (RFC 3418) and SNMP-COMMUNITY-MIB (RFC 3584). */
const SYS_UP_TIME = '1.3.6.1.2.1.1.3.0'
const SNMP_TRAP_OID = '1.3.6.1.6.3.1.1.4.1.0'
const SNMP_TRAP_ADDRESS = '1.3.6.1.6.3.18.1.3.0'
const GENERIC_TRAPS = '1.3.6.1.6.3.1.1.5'
const ENTERPRISE_SPECIFIC = 6
/** Senders repeat an inform for some minutes at most; a device that started anew in between is told apart by more. */
const REPEAT_MS = 10 * 60_000
const RETRY_MS = 5_000

type Device = DriverDevice<SnmpAddress>

/** A notification of any version, in the words of version 2 (RFC 3584, 3.1). */
interface Heard {
  readonly sender: string
  readonly trapOid: string
  /** The same without the 0 that version 1 needs: a MIB that was written for version 2 has none (RFC 3584, 3.1 and 3.2). */
  readonly shortOid: string
  readonly upTimeTicks: number
  readonly varbinds: readonly Varbind[]
}

export class SnmpTrapListener {
  private readonly context: DriverContext<SnmpBusConfig>
  private readonly devices: readonly Device[]
  /** By what a notification says: the id that it got, for the sender's repetitions. */
  private readonly recent = new Map<string, { readonly id: string; readonly untilMs: number }>()
  private receiver: Receiver | null = null
  private stopped = new AbortController()

  constructor(context: DriverContext<SnmpBusConfig>, devices: readonly Device[]) {
    this.context = context
    this.devices = devices
  }

  /** Resolves when it listens, or when it was tried and will be tried again until `stop`. */
  async start(): Promise<void> {
    const error = await this.listen()
    if (error) void this.tryAgain(error)
  }

  async stop(): Promise<void> {
    this.stopped.abort()
    const { receiver } = this
    this.receiver = null
    if (receiver) await new Promise<void>((resolve) => receiver.close(() => resolve()))
  }

  private async tryAgain(first: Error): Promise<void> {
    const { clock, logger, bus } = this.context
    for (let error: Error | null = first; error && !this.stopped.signal.aborted;) {
      logger.warn({ port: bus.traps?.port, err: error }, 'no traps: the port cannot be opened; trying again')
      await clock.sleep(RETRY_MS, this.stopped.signal)
      if (!this.stopped.signal.aborted) error = await this.listen()
    }
  }

  private async listen(): Promise<Error | null> {
    const { traps } = this.context.bus
    if (!traps) return null
    const socket = new HeldSocket(createSocket('udp4'))
    const bound = socket.bound()
    const receiver = snmp.createReceiver(
      { ...{ port: traps.port, address: traps.host, transport: 'udp4', disableAuthorization: false }, dgramModule: { createSocket: () => socket.face } },
      (error, notification) => {
        if (notification) return void this.take(notification, socket.takeReply())
        this.context.logger.debug({ err: error }, 'a notification that is not taken')
      },
    ) // prettier-ignore
    for (const access of [this.context.bus.access, ...this.devices.map(({ address }) => address.access)]) {
      if (access) allow(receiver, access)
    }
    const error = await bound
    if (!error && !this.stopped.signal.aborted) this.receiver = receiver
    else receiver.close()
    return error
  }

  /** `reply` acknowledges an inform; null for a trap. */
  private async take(notification: Notification, reply: (() => void) | null): Promise<void> {
    try {
      const events = await this.eventsOf(heard(notification))
      if (events.length > 0) await this.context.offer({ events })
      if (!this.stopped.signal.aborted) reply?.()
    } catch (error) {
      this.context.logger.warn({ err: error }, 'a notification was not stored; an inform will be repeated')
    }
  }

  private async eventsOf(notification: Heard): Promise<AlarmEvent[]> {
    const events: AlarmEvent[] = []
    for (const device of this.devices) {
      const trap = device.profile.snmp?.traps.find(
        ({ oid }) => oid === notification.trapOid || oid === notification.shortOid,
      )
      if (!trap || !isAbout(device, notification) || !(await isFrom(device, notification.sender))) continue
      events.push(this.event(device, trap, notification))
    }
    if (events.length === 0) this.context.logger.debug({ trap: notification.trapOid, sender: notification.sender }, 'a notification that no profile knows') // prettier-ignore
    return events
  }

  private event(device: Device, trap: SnmpTrap, notification: Heard): AlarmEvent {
    const subject = subjectOf(trap, notification)
    const details = notification.varbinds.map((varbind) => `${varbind.oid}=${textOf(varbind)}`).join(' ')
    return {
      type: 'alarm',
      id: this.identify(device.key, notification),
      device: device.key,
      atMs: this.context.clock.nowMs(),
      code: (subject === null ? trap.code : `${trap.code}.${subject}`).slice(0, 80),
      severity: trap.severity,
      state: trap.state,
      message: `${trap.code} ${details}`.trim().slice(0, 300),
    }
  }

  /**
   * Sender, uptime, kind and contents; and when the sender was started, to ten minutes, since uptimes come again after
   * a restart (a coldStart is always at 0). A repetition near the edge of these ten minutes keeps its first id.
   */
  private identify(deviceKey: string, notification: Heard): string {
    const nowMs = this.context.clock.nowMs()
    for (const [key, { untilMs }] of this.recent) if (untilMs < nowMs) this.recent.delete(key)
    const { sender, trapOid, upTimeTicks, varbinds } = notification
    const text = varbinds.map((varbind) => `${varbind.oid}=${varbind.type}:${textOf(varbind)}`).join('\n')
    const contents = createHash('sha256').update(text).digest('hex').slice(0, 16)
    const what = [sender, upTimeTicks, trapOid, contents].join(' ')
    const key = `${deviceKey} ${what}`
    const known = this.recent.get(key)
    if (known) return known.id
    const startedMs = nowMs - upTimeTicks * 10
    const id = `${what} ${Math.round(startedMs / REPEAT_MS)}`.slice(-160)
    this.recent.set(key, { id, untilMs: nowMs + REPEAT_MS })
    return id
  }
}

function allow(receiver: Receiver, access: SnmpAccess): void {
  if (access.version === 'v3') receiver.getAuthorizer().addUser(userOf(access))
  else receiver.getAuthorizer().addCommunity(access.community)
}

function heard({ pdu, rinfo }: Notification): Heard {
  if (pdu.type === snmp.PduType['Trap']) {
    const generic = pdu.generic ?? ENTERPRISE_SPECIFIC
    const trapOid =
      generic === ENTERPRISE_SPECIFIC
        ? `${pdu.enterprise}.0.${pdu.specific}`
        : `${GENERIC_TRAPS}.${generic + 1}`
    const isNamed = pdu.agentAddr !== undefined && pdu.agentAddr !== '0.0.0.0'
    const shortOid = generic === ENTERPRISE_SPECIFIC ? `${pdu.enterprise}.${pdu.specific}` : trapOid
    return {
      shortOid,
      sender: isNamed ? pdu.agentAddr! : rinfo.address,
      trapOid,
      upTimeTicks: pdu.upTime ?? 0,
      varbinds: pdu.varbinds,
    }
  }
  const find = (oid: string) => pdu.varbinds.find((varbind) => varbind.oid === oid)?.value
  const forwardedFor = find(SNMP_TRAP_ADDRESS)
  return {
    sender: typeof forwardedFor === 'string' ? forwardedFor : rinfo.address,
    trapOid: String(find(SNMP_TRAP_OID)),
    shortOid: String(find(SNMP_TRAP_OID)),
    upTimeTicks: Number(find(SYS_UP_TIME) ?? 0),
    varbinds: pdu.varbinds.filter(({ oid }) => oid !== SYS_UP_TIME && oid !== SNMP_TRAP_OID),
  }
}

/** A device that is one row of a table hears of that row only. */
function isAbout({ address }: Device, { varbinds }: Heard): boolean {
  const { index } = address
  return (
    index === undefined ||
    varbinds.some(({ oid, value }) => oid.endsWith(`.${index}`) || String(value) === index)
  )
}

async function isFrom({ address }: Device, sender: string): Promise<boolean> {
  if (address.host === sender) return true
  try {
    return (await lookup(address.host, { all: true })).some((found) => found.address === sender)
  } catch {
    // A name that has no address sends nothing; its polls tell about that.
    return false
  }
}

/** What the alarm is about: the row of the variable that the profile names, or its value when that is an identifier. */
function subjectOf({ subject }: SnmpTrap, { varbinds }: Heard): string | null {
  if (subject === undefined) return null
  const varbind = varbinds.find(({ oid }) => oid.startsWith(`${subject}.`))
  if (!varbind) return null
  if (varbind.type === snmp.ObjectType['OID']) return String(varbind.value).split('.').at(-1)!
  return varbind.oid.slice(subject.length + 1)
}

/** The library answers an inform before it tells of it; this socket holds the answer back until it is asked for. */
class HeldSocket {
  readonly face: Socket
  private readonly socket: Socket
  private held: (() => void) | null = null

  constructor(socket: Socket) {
    this.socket = socket
    this.face = socket
    const on = socket.on.bind(socket) as (event: string, listener: (...args: never[]) => void) => Socket
    const send = socket.send.bind(socket) as (...args: unknown[]) => void
    socket.on = ((event: string, listener: (...args: unknown[]) => void) => {
      if (event !== 'message') return on(event, listener)
      return on(event, (bytes: Buffer, from: RemoteInfo) => {
        this.held = null
        listener(bytes, from)
        this.takeReply()?.()
      })
    }) as typeof socket.on
    socket.send = ((...args: unknown[]) => void (this.held = () => send(...args))) as typeof socket.send
  }

  takeReply(): (() => void) | null {
    const { held } = this
    this.held = null
    return held
  }

  bound(): Promise<Error | null> {
    return new Promise((resolve) => {
      this.socket.once('listening', () => resolve(null))
      this.socket.once('error', resolve)
    })
  }
}
