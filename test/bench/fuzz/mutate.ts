/** Wrong inputs out of right ones: what a line, a hostile peer or a broken firmware may send. Seeded. */

export type Random = () => number

/** Bytes that mean something in one protocol or another, so that random bytes get past the first check. */
const TELLING = [
  0x00, 0xff, 0x16, 0x68, 0xfe, 0x33, 0x50, 0x82, 0x7d, 0x03, 0x7f, 0x80, 0x0a, 0x0d, 0x22, 0x7b,
]

const pick = (random: Random, below: number) => Math.floor(random() * below)

/** One input: nine out of ten are damaged seeds, most others rubbish, and now and then one is right. */
export function anyInput(random: Random, seeds: readonly Uint8Array[]): Uint8Array {
  if (seeds.length === 0 || random() < 0.1) return rubbish(random, pick(random, 300))
  let bytes = seeds[pick(random, seeds.length)]!
  if (random() < 0.02) return bytes
  const damages = 1 + pick(random, 3)
  for (let i = 0; i < damages; i++) bytes = damaged(random, bytes, seeds)
  return bytes
}

function rubbish(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () =>
    random() < 0.3 ? TELLING[pick(random, TELLING.length)]! : pick(random, 256),
  )
}

function damaged(random: Random, bytes: Uint8Array, seeds: readonly Uint8Array[]): Uint8Array {
  const at = pick(random, bytes.length + 1)
  switch (pick(random, 8)) {
    case 0:
      return changed(bytes, at, (byte) => byte ^ (1 << pick(random, 8)))
    case 1:
      return changed(bytes, at, () => TELLING[pick(random, TELLING.length)]!)
    case 2:
      // Lengths and counts that lie: a little more or less than the truth.
      return changed(bytes, at, (byte) => byte + pick(random, 9) - 4)
    case 3:
      return bytes.subarray(0, at)
    case 4:
      return bytes.subarray(at)
    case 5:
      return joined(bytes.subarray(0, at), rubbish(random, 1 + pick(random, 16)), bytes.subarray(at))
    case 6:
      return joined(bytes.subarray(0, at), bytes)
    default:
      return joined(bytes.subarray(0, at), seeds[pick(random, seeds.length)]!.subarray(at))
  }
}

function changed(bytes: Uint8Array, at: number, change: (byte: number) => number): Uint8Array {
  // Not slice(): that of a Buffer shares the memory of the seed.
  const copy = Uint8Array.from(bytes)
  if (at < copy.length) copy[at] = change(copy[at]!)
  return copy
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
