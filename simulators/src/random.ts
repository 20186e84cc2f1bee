/** Chance without state: the same arguments give the same number on every machine, in any order of asking. */

function mix(hash: number): number {
  let h = hash ^ (hash >>> 16)
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/** A number of 32 bits out of a stream and two positions in it. */
export function hash32(stream: number, a: number, b = 0): number {
  const first = mix(stream ^ Math.imul(a | 0, 0x9e3779b1))
  return mix(first ^ Math.imul((b | 0) + 0x7f4a7c15, 0x85ebca77)) >>> 0
}

/** Evenly spread over [0, 1). */
export function chance(stream: number, a: number, b = 0): number {
  return hash32(stream, a, b) / 0x1_0000_0000
}

/** The stream of one named thing under one seed (FNV-1a over the name). */
export function streamOf(seed: number, name: string): number {
  let hash = 0x811c9dc5 ^ mix(seed)
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
  return mix(hash)
}
