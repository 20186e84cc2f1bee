/**
 * Packets of ZKTeco standalone terminals (zk-protocol, "Packet Fields"): command, checksum, session and reply number,
 * four 16-bit words with the low byte first, then data. A UDP datagram is one packet; over TCP each has a prefix
 * `50 50 82 7D` and its length.
 */
import { badPacket, concatBytes, viewOf } from './bytes.ts'

export interface ZkPacket {
  readonly command: number
  /**
   * The session; in an event the event's code. In the parts of a bulk transfer some firmware counts packets here,
   * so replies are told by `replyId` and not by this.
   */
  readonly sessionId: number
  readonly replyId: number
  readonly data: Uint8Array
}

export const HEADER_BYTES = 8
const PREFIX_BYTES = 8
const TCP_MAGIC = 0x7d825050
/** Longer than the longest chunk with its header; more in a prefix is a stream that has lost its step. */
const MAX_PACKET_BYTES = 0x20000

/** Ones' complement of the 16-bit sum with the carry folded; the checksum's own field is left out. */
export function checksum(packet: Uint8Array): number {
  let sum = 0
  for (let offset = 0; offset < packet.length; offset += 2) {
    if (offset !== 2) sum += packet[offset]! | ((packet[offset + 1] ?? 0) << 8)
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}

export function encodePacket(packet: ZkPacket): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER_BYTES + packet.data.length)
  const view = viewOf(bytes)
  view.setUint16(0, packet.command, true)
  view.setUint16(4, packet.sessionId, true)
  view.setUint16(6, packet.replyId, true)
  bytes.set(packet.data, HEADER_BYTES)
  view.setUint16(2, checksum(bytes), true)
  return bytes
}

/** Throws AppError `zkteco.bad_packet` for fewer than 8 bytes or a wrong checksum. `data` is a view into `bytes`. */
export function decodePacket(bytes: Uint8Array): ZkPacket {
  if (bytes.length < HEADER_BYTES) throw badPacket(`${bytes.length} bytes`, 0, bytes)
  const view = viewOf(bytes)
  const told = view.getUint16(2, true)
  const computed = checksum(bytes)
  // 0 and FFFF are the same number in ones' complement; firmware writes either.
  if (told !== computed && !(told % 0xffff === 0 && computed % 0xffff === 0)) {
    throw badPacket(`checksum ${told.toString(16)} instead of ${computed.toString(16)}`, 2, bytes)
  }
  return {
    command: view.getUint16(0, true),
    sessionId: view.getUint16(4, true),
    replyId: view.getUint16(6, true),
    data: bytes.subarray(HEADER_BYTES),
  }
}

/** A packet as it goes over TCP. */
export function encodeTcpPacket(packet: ZkPacket): Uint8Array<ArrayBuffer> {
  const body = encodePacket(packet)
  const prefix = new Uint8Array(PREFIX_BYTES)
  const view = viewOf(prefix)
  view.setUint32(0, TCP_MAGIC, true)
  view.setUint32(4, body.length, true)
  return concatBytes([prefix, body])
}

/** Cuts a TCP stream into packets, whatever way it was split or joined. */
export class ZkStreamReader {
  private chunks: Uint8Array[] = []
  private buffered = 0
  /** Bytes that must be there before it is worth looking again. */
  private needed = PREFIX_BYTES

  /** Packets that the chunk completes. Throws `zkteco.bad_packet`: the stream is then lost for good. */
  push(chunk: Uint8Array): ZkPacket[] {
    this.chunks.push(chunk)
    this.buffered += chunk.length
    if (this.buffered < this.needed) return []
    const bytes = concatBytes(this.chunks)
    const packets: ZkPacket[] = []
    let offset = 0
    for (;;) {
      const size = sizeAt(bytes, offset)
      this.needed = size ?? PREFIX_BYTES
      if (size === null || offset + size > bytes.length) break
      packets.push(decodePacket(bytes.subarray(offset + PREFIX_BYTES, offset + size)))
      offset += size
    }
    this.chunks = offset < bytes.length ? [bytes.slice(offset)] : []
    this.buffered = bytes.length - offset
    return packets
  }
}

/** Bytes of the prefixed packet that begins at `offset`; null while its prefix is not complete. */
function sizeAt(bytes: Uint8Array, offset: number): number | null {
  const available = bytes.length - offset
  if (available < PREFIX_BYTES) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, PREFIX_BYTES)
  if (view.getUint32(0, true) !== TCP_MAGIC) {
    throw badPacket('prefix is not 50 50 82 7d', offset, bytes.subarray(offset))
  }
  const length = view.getUint32(4, true)
  if (length < HEADER_BYTES || length > MAX_PACKET_BYTES) {
    throw badPacket(`length ${length}`, offset + 4, bytes.subarray(offset))
  }
  return PREFIX_BYTES + length
}
