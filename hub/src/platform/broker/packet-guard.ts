import type { Socket } from 'node:net'

/**
 * Ends a connection that announces a packet larger than allowed. aedes collects a packet whole before anyone
 * can look at it, so the fixed headers are followed here, before it sees the bytes.
 */
export function guardPacketSize(
  socket: Socket,
  maxBytes: () => number,
  tooLarge: (bytes: number) => void,
): void {
  const follower = new PacketLengths()
  const push = socket.push.bind(socket)
  socket.push = (chunk: Buffer | null, encoding?: BufferEncoding) => {
    if (chunk) {
      const bytes = follower.feed(chunk)
      if (bytes > maxBytes()) {
        tooLarge(bytes)
        socket.destroy()
        return false
      }
    }
    return push(chunk, encoding)
  }
}

/** Follows MQTT's fixed headers: one byte of type, then the length in 7-bit groups (MQTT 3.1.1, 2.2.3). */
export class PacketLengths {
  private left = 0
  private inLength = false
  private length = 0
  private shift = 0

  /** @returns the largest packet announced in these bytes; Infinity when a length has more than four groups */
  feed(chunk: Uint8Array): number {
    let largest = 0
    let at = 0
    while (at < chunk.length) {
      if (this.left > 0) {
        const step = Math.min(this.left, chunk.length - at)
        this.left -= step
        at += step
      } else if (!this.inLength) {
        this.inLength = true
        this.length = 0
        this.shift = 0
        at++
      } else {
        const group = chunk[at++]!
        this.length += (group & 0x7f) * 2 ** this.shift
        this.shift += 7
        if (group & 0x80) {
          if (this.shift > 21) return Infinity
        } else {
          this.inLength = false
          this.left = this.length
          largest = Math.max(largest, this.length)
        }
      }
    }
    return largest
  }
}
