/** Feeds one target with wrong inputs and watches that nothing but an AppError leaves it, in time and in memory. */
import { setImmediate } from 'node:timers/promises'
import { AppError } from '@courtyard/protocols/contract'
import { seededRandom } from '../../support/random.ts'
import { anyInput } from './mutate.ts'

export interface FuzzTarget {
  readonly codec: string
  /** Right inputs to begin with. */
  readonly seeds: readonly Uint8Array[]
  /** Takes one input. True when it made sense; an AppError counts as a refusal, anything else thrown is a fault. */
  take(input: Uint8Array): boolean
}

export interface FuzzResult {
  readonly codec: string
  readonly inputs: number
  readonly accepted: number
  readonly rejected: number
  readonly seconds: number
  readonly inputsPerSecond: number
  readonly slowestMs: number
  /** After a collection at the end, less after one when a tenth was done. Only with `--expose-gc`. */
  readonly heapGrowthKb: number | null
}

/** Inputs between two turns of the event loop. */
const TURN_EVERY = 100
/** No input may take longer: the slowest frames take microseconds, so this is a hang even on a busy machine. */
const HANG_MS = 2_000

/** @throws Error with the codec, the number of the input and its bytes at the first fault. */
export async function fuzz(target: FuzzTarget, inputs: number, seed: number): Promise<FuzzResult> {
  const random = seededRandom(seed)
  let accepted = 0
  let slowestMs = 0
  let heapAtTenth: number | null = null
  const startedMs = performance.now()
  for (let index = 0; index < inputs; index++) {
    const input = anyInput(random, target.seeds)
    const beforeMs = performance.now()
    if (taken(target, input, index, seed)) accepted += 1
    const tookMs = performance.now() - beforeMs
    if (tookMs > HANG_MS) throw fault(target, input, index, seed, `took ${tookMs.toFixed(0)} ms`)
    slowestMs = Math.max(slowestMs, tookMs)
    // What zlib has opened it closes in the next turn.
    if (index % TURN_EVERY === 0) await setImmediate()
    if (index === Math.floor(inputs / 10)) heapAtTenth = heapBytes()
  }
  const seconds = (performance.now() - startedMs) / 1_000
  await setImmediate()
  const heapAtEnd = heapBytes()
  return {
    codec: target.codec,
    inputs,
    accepted,
    rejected: inputs - accepted,
    seconds: Math.round(seconds * 10) / 10,
    inputsPerSecond: Math.round(inputs / seconds),
    slowestMs: Math.round(slowestMs * 10) / 10,
    heapGrowthKb:
      heapAtTenth === null || heapAtEnd === null ? null : Math.round((heapAtEnd - heapAtTenth) / 1024),
  }
}

function taken(target: FuzzTarget, input: Uint8Array, index: number, seed: number): boolean {
  try {
    return target.take(input)
  } catch (error) {
    if (error instanceof AppError) return false
    throw fault(target, input, index, seed, String(error), error)
  }
}

function fault(
  target: FuzzTarget,
  input: Uint8Array,
  index: number,
  seed: number,
  what: string,
  cause?: unknown,
): Error {
  const hex = Buffer.from(input.subarray(0, 2_000)).toString('hex')
  return new Error(`${target.codec}: input ${index} of seed ${seed}: ${what}\n${hex}`, { cause })
}

function heapBytes(): number | null {
  const { gc } = globalThis as { gc?: () => void }
  if (!gc) return null
  gc()
  return process.memoryUsage().heapUsed
}
