import { randomFillSync } from 'node:crypto'

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/**
 * Makes UUIDs of version 7 (RFC 9562, §5.7, method 1 of §6.2) that ascend strictly: a counter of 32 bits stands
 * behind the millisecond, and the time never steps back. Ascending keys keep the index of a bill run's rows dense,
 * and give its bills an order.
 */
export function ascendingUuids(now: () => number = Date.now): () => string {
  const random = Buffer.alloc(4_096)
  let position = random.length
  let millisecond = 0
  let counter = 0
  return () => {
    const current = now()
    if (current > millisecond) {
      millisecond = current
      counter = 0
    } else if (++counter > 0x3fffffff) {
      millisecond++
      counter = 0
    }
    if (position + 4 > random.length) {
      randomFillSync(random)
      position = 0
    }
    const time = millisecond.toString(16).padStart(12, '0')
    const high = (counter >>> 18) & 0xfff
    const middle = (counter >>> 4) & 0x3fff
    const tail = `${(counter & 0xf).toString(16)}${hex[random[position]!]!.slice(1)}`
    const noise = hex[random[position + 1]!]! + hex[random[position + 2]!]! + hex[random[position + 3]!]!
    position += 4
    const third = (0x7000 | high).toString(16)
    const fourth = (0x8000 | middle).toString(16)
    return `${time.slice(0, 8)}-${time.slice(8)}-${third}-${fourth}-${tail}${noise}${processNoise}`
  }
}

/** Four more random digits, the same for this process: two processes do not meet. */
const processNoise = randomFillSync(Buffer.alloc(2)).toString('hex')
