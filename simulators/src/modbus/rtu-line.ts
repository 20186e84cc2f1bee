/**
 * Units on a line of bytes, as "MODBUS over Serial Line" V1.02 has it: frames by checksum and silence, no answer to what
 * is damaged or meant for somebody else.
 */
import { randomBytes } from 'node:crypto'
import { encodeRtu, RtuRequestReader, type RtuFrame } from '@courtyard/protocols/modbus'
import type { ServerStats } from './stats.ts'
import type { UnitAnswer, UnitHandler } from './unit-answer.ts'

export interface LinePort {
  write(bytes: Uint8Array): void
  /** What a reset looks like from outside: the connection is cut, the port goes away. */
  reset(): void
}

/** Sockets and pseudo-terminals give no characters' silence: after this pause what came is a frame or nothing. */
const SILENCE_MS = 20

export class RtuLine {
  private readonly handler: UnitHandler
  private readonly stats: ServerStats
  private readonly port: LinePort
  private readonly reader = new RtuRequestReader()
  private readonly timers = new Set<NodeJS.Timeout>()
  private silence: NodeJS.Timeout | null = null

  constructor(handler: UnitHandler, stats: ServerStats, port: LinePort) {
    this.handler = handler
    this.stats = stats
    this.port = port
  }

  receive(chunk: Uint8Array): void {
    if (this.silence) clearTimeout(this.silence)
    for (const frame of this.reader.push(chunk)) this.answer(frame)
    this.silence = setTimeout(() => {
      const frame = this.reader.silence()
      if (frame) this.answer(frame)
    }, SILENCE_MS)
  }

  stop(): void {
    if (this.silence) clearTimeout(this.silence)
    for (const timer of this.timers) clearTimeout(timer)
  }

  private answer(frame: RtuFrame): void {
    this.stats.requests += 1
    const answer = this.handler(frame)
    // 2.1: nobody answers a broadcast.
    if (frame.unitId === 0 || answer.kind === 'nothing' || answer.kind === 'absent') return
    if (answer.kind === 'reset') return this.port.reset()
    const bytes = bytesOf(frame, answer)
    const delayMs = answer.kind === 'reply' ? (answer.delayMs ?? 0) : 0
    if (delayMs === 0) return this.send(bytes, answer)
    const timer = setTimeout(() => {
      this.timers.delete(timer)
      this.send(bytes, answer)
    }, delayMs)
    this.timers.add(timer)
  }

  private send(bytes: Uint8Array, answer: UnitAnswer): void {
    if (answer.kind === 'reply') this.stats.replies += 1
    this.port.write(bytes)
  }
}

function bytesOf(
  { unitId }: RtuFrame,
  answer: Extract<UnitAnswer, { kind: 'reply' | 'garbage' }>,
): Uint8Array {
  if (answer.kind === 'reply') return encodeRtu({ unitId: answer.unitId ?? unitId, pdu: answer.pdu })
  const bytes = encodeRtu({ unitId, pdu: answer.pdu })
  if (answer.variant === 'bytes') return randomBytes(bytes.length)
  // A byte count of 250 and a checksum of what was meant.
  bytes[2] = 250
  return bytes
}
