/**
 * A ZKTeco terminal on port 4370, TCP and UDP on the same port: sessions, communication key, users, attendance log in
 * chunks, live events, door, clock. Sources as in `protocols/src/zkteco`; the key is scrambled here anew.
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { decodePacket, encodePacket, encodeTcpPacket, ZkStreamReader, type ZkPacket } from '@courtyard/protocols/zkteco' // prettier-ignore
import type { DeviceFault, RunningDevice } from '../device.ts'
import { answer, type TerminalFault, type TerminalLink, type TerminalState } from './answers.ts'
import { packLivePunch, type SimulatedPunch, type SimulatedUser } from './terminal-data.ts'

export interface TerminalOptions {
  readonly host?: string
  readonly port?: number
  readonly commKey?: number
  /** Bytes of a record in the log. */
  readonly record?: 8 | 16 | 40
  readonly userRecord?: 28 | 72
  readonly tcpPart?: number
  readonly users?: readonly SimulatedUser[]
  readonly punches?: readonly SimulatedPunch[]
}

export class SimulatedTerminal implements RunningDevice {
  readonly state: TerminalState
  /** Event packets that were answered with an acknowledgement. */
  private acknowledgedEvents = 0
  private readonly server: Server
  private readonly udp: UdpSocket
  private readonly links = new Set<TerminalLink>()
  private readonly sockets = new Set<Socket>()
  private readonly udpLinks = new Map<string, TerminalLink>()

  private constructor(options: TerminalOptions) {
    this.state = {
      commKey: options.commKey ?? 0,
      record: options.record ?? 40,
      userRecord: options.userRecord ?? 72,
      tcpPart: options.tcpPart ?? null,
      users: [...(options.users ?? [])],
      punches: [...(options.punches ?? [])],
      clockOffsetSeconds: 0,
      enabled: true,
      door: 0,
      unlocks: [],
      log: [],
      nextSession: 1_000,
      fault: null,
      dataPackets: 0,
    }
    this.server = createServer((socket) => this.acceptTcp(socket))
    this.udp = createSocket('udp4')
    this.udp.on('message', (bytes, from) => this.acceptUdp(bytes, from.address, from.port))
  }

  static async start(options: TerminalOptions = {}): Promise<SimulatedTerminal> {
    const terminal = new SimulatedTerminal(options)
    const host = options.host ?? '127.0.0.1'
    terminal.server.listen(options.port ?? 0, host)
    await once(terminal.server, 'listening')
    terminal.udp.bind(terminal.port, host)
    await once(terminal.udp, 'listening')
    return terminal
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  setFault(_unit: string, fault: DeviceFault | null): void {
    this.state.fault = fault
  }

  setTerminalFault(fault: TerminalFault | null): void {
    this.state.fault = fault
  }

  /** Somebody punches: the log grows and all who have registered are told. */
  punch(punch: SimulatedPunch, options: { live?: boolean; log?: boolean } = {}): void {
    if (options.log !== false) this.state.punches.push(punch)
    if (options.live !== false)
      this.event(1, packLivePunch(punch, this.state.record === 40 ? 'text' : 'number'))
  }

  event(code: number, data: Uint8Array): void {
    for (const link of this.links) {
      if (link.events) link.send({ command: 500, sessionId: code, replyId: 0, data })
    }
  }

  /** For tests: what came of it all. */
  snapshot() {
    const { users, punches, enabled, unlocks, log, clockOffsetSeconds, fault } = this.state
    return {
      users,
      records: punches.length,
      enabled,
      unlocks,
      log,
      clockOffsetSeconds,
      fault,
      acknowledgedEvents: this.acknowledgedEvents,
      sessions: [...this.links].filter((link) => link.sessionId !== 0).length,
      listeners: [...this.links].filter((link) => link.events).length,
    }
  }

  /** Ends every session as a restart of the terminal does. */
  dropSessions(): void {
    for (const socket of this.sockets) socket.destroy()
    for (const link of this.udpLinks.values()) this.links.delete(link)
    this.udpLinks.clear()
  }

  async stop(): Promise<void> {
    this.dropSessions()
    this.udp.close()
    this.server.close()
    await once(this.server, 'close')
  }

  private acceptTcp(socket: Socket): void {
    this.sockets.add(socket)
    const reader = new ZkStreamReader()
    const link = this.newLink('tcp', (packet) => {
      if (!socket.destroyed) socket.write(encodeTcpPacket(packet))
    })
    link.raw = (bytes) => void socket.write(bytes)
    link.reset = () => void socket.resetAndDestroy()
    socket.on('data', (chunk) => {
      try {
        for (const packet of reader.push(chunk)) this.receive(packet, link)
      } catch {
        socket.destroy()
      }
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      this.sockets.delete(socket)
      this.links.delete(link)
      // A terminal whose master is gone works again.
      if (link.sessionId !== 0) this.state.enabled = true
    })
  }

  private acceptUdp(bytes: Buffer, address: string, port: number): void {
    const key = `${address}:${port}`
    let link = this.udpLinks.get(key)
    if (!link) {
      const sendRaw = (raw: Uint8Array) => this.udp.send(raw, port, address)
      link = this.newLink('udp', (packet) => this.sendUdp(packet, sendRaw))
      link.raw = sendRaw
      // A datagram has no connection to reset: its terminal restarts and has forgotten the session.
      link.reset = () => {
        link!.sessionId = 0
        link!.send({ command: 2005, sessionId: 0, replyId: link!.replyId, data: new Uint8Array() })
      }
      this.udpLinks.set(key, link)
    }
    try {
      this.receive(decodePacket(bytes), link)
    } catch {
      // A terminal does not answer what it cannot read.
    }
  }

  /** Parts of a bulk transfer can be lost or doubled on their way. */
  private sendUdp(packet: ZkPacket, sendRaw: (raw: Uint8Array) => void): void {
    const bytes = encodePacket(packet)
    const { fault } = this.state
    if (packet.command === 1501) this.state.dataPackets += 1
    if (fault === 'duplicate') sendRaw(bytes)
    if (fault === 'loss' && packet.command === 1501 && this.state.dataPackets % 7 === 3) return
    if (fault === 'replyLoss' && packet.command === 2000 && ++this.state.dataPackets % 2 === 1) return
    sendRaw(bytes)
  }

  private newLink(transport: 'tcp' | 'udp', send: TerminalLink['send']): TerminalLink {
    const link: TerminalLink = {
      transport,
      sessionId: 0,
      authorised: false,
      events: false,
      buffer: Buffer.alloc(0),
      replyId: 0,
      send,
      raw: () => {},
      reset: () => {},
    }
    this.links.add(link)
    return link
  }

  private receive(packet: ZkPacket, link: TerminalLink): void {
    link.replyId = packet.replyId
    const { fault } = this.state
    if (packet.command === 2000) this.acknowledgedEvents += 1
    if (fault === 'silent' || packet.command === 2000) return
    if (fault === 'reset') return link.reset()
    if (fault === 'garbage') return link.raw(Buffer.from('garbage, not a packet'))
    answer(packet, link, this.state)
  }
}
