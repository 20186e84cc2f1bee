import { viewOf } from './bytes.ts'

/**
 * What `auth` (1102) sends for a communication key: bits of the key reversed, session added, XOR with "ZKSO", halves
 * swapped, XOR with `ticks`, which itself stands in the third byte. From ZKSoftware's `MakeKey`, as told by pyzk's
 * `make_commkey`; it hides the key from nobody who can read along, so the terminals' network is to be a closed one.
 */
export function scrambleCommKey(key: number, sessionId: number, ticks = 50): Uint8Array<ArrayBuffer> {
  let reversed = 0
  for (let bit = 0; bit < 32; bit++) reversed = ((reversed << 1) | ((key >>> bit) & 1)) >>> 0
  const mixed = new Uint8Array(4)
  viewOf(mixed).setUint32(0, (reversed + sessionId) >>> 0, true)
  // After the swap the halves stand as S O Z K; the byte under Z gives way to the ticks.
  const tick = ticks & 0xff
  return Uint8Array.of(mixed[2]! ^ 0x53 ^ tick, mixed[3]! ^ 0x4f ^ tick, tick, mixed[1]! ^ 0x4b ^ tick)
}
