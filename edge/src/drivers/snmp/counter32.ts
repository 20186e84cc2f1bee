/**
 * Counter32 as a total that only grows (RFC 2578, 7.1.6: it wraps at 2^32 and has no defined beginning). A value below
 * the last one is a wrap when the agent has run on meanwhile (sysUpTime) and less than half the range has been counted;
 * else it begins anew, and the total with it. Pure but for what it remembers.
 */
const MODULUS = 2 ** 32
/** What an agent's clock and ours may differ by: a restart within that time after another one goes unseen. */
const DRIFT_SHARE = 0.01
const DRIFT_TICKS = 200
const TICK_MS = 10

/** When an agent was read. */
export interface AgentInstant {
  readonly atMs: number
  /** sysUpTime, hundredths of a second modulo 2^32; null when it was not told. */
  readonly uptimeTicks: number | null
}

interface Seen extends AgentInstant {
  readonly raw: number
  readonly wraps: number
}

export class Counter32Totals {
  private readonly agent: string
  private readonly seen = new Map<string, Seen>()
  private isChanged = false

  /** @param saved what `takeText` gave before, be it of another agent or no longer readable: then all begins anew */
  constructor(agent: string, saved: string | null) {
    this.agent = agent
    for (const [oid, seen] of parse(agent, saved)) this.seen.set(oid, seen)
  }

  /** @param raw 0 to 2^32 − 1 */
  take(oid: string, raw: number, now: AgentInstant): bigint {
    const last = this.seen.get(oid)
    const wraps = last ? wrapsAfter(last, raw, now) : 0
    this.seen.set(oid, { raw, wraps, ...now })
    this.isChanged = true
    return BigInt(wraps) * BigInt(MODULUS) + BigInt(raw)
  }

  /** To be kept together with the readings; null when nothing was taken since. */
  takeText(): string | null {
    if (!this.isChanged) return null
    this.isChanged = false
    const counters = [...this.seen].map(([oid, { raw, wraps, uptimeTicks, atMs }]) => [
      oid,
      raw,
      wraps,
      uptimeTicks,
      atMs,
    ])
    return JSON.stringify({ agent: this.agent, counters })
  }
}

function wrapsAfter(last: Seen, raw: number, now: AgentInstant): number {
  if (raw >= last.raw) return last.wraps
  const counted = raw + MODULUS - last.raw
  return counted < MODULUS / 2 && hasRunOn(last, now) ? last.wraps + 1 : 0
}

/** Whether the agent's clock shows what it must when it was not started anew; it wraps itself after 497 days. */
function hasRunOn(last: AgentInstant, now: AgentInstant): boolean {
  if (last.uptimeTicks === null || now.uptimeTicks === null) return false
  const elapsed = (now.atMs - last.atMs) / TICK_MS
  const difference = modulo(now.uptimeTicks - last.uptimeTicks - elapsed)
  return Math.min(difference, MODULUS - difference) <= DRIFT_TICKS + Math.abs(elapsed) * DRIFT_SHARE
}

function modulo(ticks: number): number {
  return ((ticks % MODULUS) + MODULUS) % MODULUS
}

function parse(agent: string, saved: string | null): [string, Seen][] {
  if (saved === null) return []
  try {
    const { agent: of, counters } = JSON.parse(saved) as { agent?: unknown; counters?: unknown }
    if (of !== agent || !Array.isArray(counters)) return []
    return counters.flatMap((entry: unknown): [string, Seen][] => {
      const [oid, raw, wraps, uptimeTicks, atMs] = Array.isArray(entry) ? (entry as unknown[]) : []
      if (typeof oid !== 'string' || !isWhole(raw) || !isWhole(wraps) || !isWhole(atMs)) return []
      return [[oid, { raw, wraps, atMs, uptimeTicks: isWhole(uptimeTicks) ? uptimeTicks : null }]]
    })
  } catch {
    // Of no use any more; counting from here loses at most what wraps were known
    return []
  }
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value)
}
