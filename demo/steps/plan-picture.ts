/** A drawing of a floor made by the demo itself: rooms on both sides of a corridor, as a PNG. */
import { crc32, deflateSync } from 'node:zlib'

const WIDTH = 1_200
const HEIGHT = 700
const WALL = 0x40
const ROOM = 0xf6
/** Top and bottom of the corridor. */
const CORRIDOR = [290, 410] as const

type Point = [number, number]

/** Corners of the rooms in ten-thousandths of width and height, those above the corridor first. */
export function planPicture(rooms: number): { png: Buffer; shapes: Point[][] } {
  const above = Math.ceil(rooms / 2)
  const below = rooms - above
  const row = (count: number, top: number, bottom: number) =>
    Array.from({ length: count }, (_, i): Point[] => {
      const [left, right] = [(WIDTH / count) * i + 8, (WIDTH / count) * (i + 1) - 8]
      return [place(left, top), place(right, top), place(right, bottom), place(left, bottom)]
    })
  return {
    png: pngOf((x, y) => isWall(x, y, y < CORRIDOR[0] ? above : below)),
    shapes: [...row(above, 8, CORRIDOR[0] - 4), ...row(below, CORRIDOR[1] + 4, HEIGHT - 8)],
  }
}

const place = (x: number, y: number): Point => [
  Math.round((x / WIDTH) * 10_000),
  Math.round((y / HEIGHT) * 10_000),
]

function isWall(x: number, y: number, count: number): boolean {
  if (x < 6 || x >= WIDTH - 6 || y < 6 || y >= HEIGHT - 6) return true
  if (y > CORRIDOR[0] + 4 && y < CORRIDOR[1] - 4) return false
  const inRoom = x % (WIDTH / Math.max(count, 1))
  // A door in the corridor's wall of each room
  if (CORRIDOR.some((wall) => Math.abs(y - wall) <= 4)) return inRoom < 40 || inRoom > 100
  return inRoom < 4
}

/** Eight-bit greys (RFC 2083): signature, IHDR, one IDAT, IEND. */
function pngOf(isDark: (x: number, y: number) => boolean): Buffer {
  const rows = Buffer.alloc((WIDTH + 1) * HEIGHT)
  for (let y = 0; y < HEIGHT; y += 1) {
    for (let x = 0; x < WIDTH; x += 1) rows[y * (WIDTH + 1) + 1 + x] = isDark(x, y) ? WALL : ROOM
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(WIDTH, 0)
  head.writeUInt32BE(HEIGHT, 4)
  head[8] = 8
  const signature = Buffer.from('89504e470d0a1a0a', 'hex')
  return Buffer.concat([
    signature,
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const checksum = Buffer.alloc(4)
  checksum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, checksum])
}
