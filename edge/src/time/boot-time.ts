/** Time since the machine was started: what lasts over a restart of the agent and no step of the clock touches. */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'

export interface BootTime {
  /** Identity of this boot. Times of different boots cannot be compared. */
  readonly id: string
  /** Milliseconds since the boot; the same count in every process of it. */
  nowMs(): number
}

/** On Linux; elsewhere each process counts as a boot of its own. */
export function systemBootTime(): BootTime {
  const id = readBootId()
  if (id === null) return { id: randomUUID(), nowMs: () => performance.now() }
  // CLOCK_MONOTONIC: since the boot, without the time in which the machine slept.
  return { id, nowMs: () => Number(process.hrtime.bigint() / 1_000n) / 1_000 }
}

function readBootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() || null
  } catch {
    return null
  }
}
