/**
 * Tables in pieces. The terminal puts a copy of a table into its buffer (`dataRequest`), pieces are asked for by offset
 * (`dataReady`), and the buffer is given back. A piece that is not exactly as long as was asked for is asked for again,
 * then refused: a partial read is an error, never data.
 */
import { AppError } from '@courtyard/protocols/contract'
import { Command, concatBytes, decodeBufferSize, MAX_CHUNK_BYTES, Reply, ZktecoErrorCode, type BulkTable, type ZkPacket } from '@courtyard/protocols/zkteco' // prettier-ignore
import type { ZkSession } from './session.ts'

/** Preparing a log of 100,000 records takes a terminal longer than any other answer. */
const PREPARE_FACTOR = 5
/** Data in one datagram (pyzk). */
const PACKET_BYTES = 1_024
const PACKET_ATTEMPTS = 5

export interface TableBuffer {
  /** All bytes, the four of the length in front included. */
  readonly size: number
  /** @throws AppError `zkteco.partial_read` when they do not come whole, and what the session throws. */
  read(start: number, size: number): Promise<Uint8Array>
}

/** Lets `work` read a table; the terminal's buffer is freed afterwards. */
export async function withTable<T>(
  session: ZkSession,
  table: BulkTable,
  timeoutMs: number,
  work: (buffer: TableBuffer) => Promise<T>,
): Promise<T> {
  const request = new Uint8Array(11)
  const view = new DataView(request.buffer)
  view.setUint8(0, 1)
  view.setUint16(1, table.command, true)
  view.setUint32(3, table.function, true)
  const limits = { repeat: true, timeoutMs: timeoutMs * PREPARE_FACTOR }
  const reply = await session.request(Command.dataRequest, request, limits)
  if (reply.command === Command.data) return work(inMemory(reply.data))
  const size = decodeBufferSize(reply.data)
  try {
    return await work({ size, read: (start, length) => readPiece(session, start, length) })
  } finally {
    if (session.alive) await session.request(Command.freeData, undefined, { repeat: true })
  }
}

/** All bytes of a table, piece by piece, without the length in front, which has to agree. */
export async function readWhole(session: ZkSession, buffer: TableBuffer): Promise<Uint8Array> {
  const step = MAX_CHUNK_BYTES[session.transport]
  const pieces: Uint8Array[] = []
  for (let start = 0; start < buffer.size; start += step) {
    pieces.push(await buffer.read(start, Math.min(step, buffer.size - start)))
  }
  const bytes = concatBytes(pieces)
  const told = bytes.length < 4 ? -1 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)
  if (told !== bytes.length - 4) throw partial(`the table says ${told} bytes and has ${bytes.length - 4}`, { total: told, received: bytes.length - 4 }) // prettier-ignore
  return bytes.subarray(4)
}

function inMemory(bytes: Uint8Array): TableBuffer {
  return {
    size: bytes.length,
    read: (start, size) =>
      start + size <= bytes.length
        ? Promise.resolve(bytes.subarray(start, start + size))
        : Promise.reject(partial(`${bytes.length} bytes, not ${start + size}`, { received: bytes.length })),
  }
}

/** Over UDP a piece that does not come whole is asked for in halves, down to single packets. */
async function readPiece(session: ZkSession, start: number, size: number): Promise<Uint8Array> {
  const attempts = session.transport === 'tcp' ? 1 : size > PACKET_BYTES ? 1 : PACKET_ATTEMPTS
  let received = 0
  for (let attempt = 0; attempt < attempts; attempt++) {
    const piece = await askPiece(session, start, size)
    if (piece.length === size) return piece
    received = piece.length
  }
  if (session.transport === 'udp' && size > PACKET_BYTES) {
    const half = Math.ceil(size / 2 / PACKET_BYTES) * PACKET_BYTES
    const first = await readPiece(session, start, half)
    return concatBytes([first, await readPiece(session, start + half, size - half)])
  }
  // Nothing gets lost over TCP, so a second try would only bring the same.
  throw partial(`${received} of ${size} bytes at ${start}`, { start, total: size, received })
}

async function askPiece(session: ZkSession, start: number, size: number): Promise<Uint8Array> {
  const request = new Uint8Array(8)
  const view = new DataView(request.buffer)
  view.setUint32(0, start, true)
  view.setUint32(4, size, true)
  const parts = new PieceParts()
  await session.transact(Command.dataReady, request, (packet) => parts.take(packet, session, size), {
    repeat: true,
  })
  return parts.bytes()
}

/**
 * Parts of one piece. Most firmware counts them in the session field; then order, losses and doubles are seen. Where
 * it does not, parts with equal content are one: a log whose kilobytes repeat is refused rather than misread.
 */
class PieceParts {
  private readonly parts: ZkPacket[] = []
  private announced = false

  /** True for the last packet of the answer, or when all bytes are there: the packet behind them may be lost. */
  take(packet: ZkPacket, session: ZkSession, size: number): boolean {
    if (packet.command === Command.prepareData) {
      this.announced = true
      return false
    }
    if (packet.command === Command.data) {
      this.parts.push(packet)
      // A small piece may come in one packet that nothing announces and nothing follows.
      if (!this.announced) return this.parts.length === 1 && packet.data.length === size
      return (
        this.parts.reduce((sum, part) => sum + part.data.length, 0) >= size && this.bytes().length === size
      )
    }
    session.accepted(packet)
    return packet.command === Reply.ok
  }

  bytes(): Uint8Array {
    const counted = new Map(this.parts.map((part) => [part.sessionId, part.data]))
    const inOrder = [...counted.keys()].sort((a, b) => a - b)
    if (inOrder.every((number, index) => number === index)) {
      return concatBytes(inOrder.map((number) => counted.get(number)!))
    }
    // Not counted: all parts have the session's number.
    const unique = new Map(this.parts.map((part) => [Buffer.from(part.data).toString('latin1'), part.data]))
    return counted.size === 1 ? concatBytes([...unique.values()]) : new Uint8Array(0)
  }
}

function partial(reason: string, details: Record<string, unknown>): AppError {
  return new AppError(ZktecoErrorCode.partialRead, `partial read: ${reason}`, { details })
}
