/** A metering point as the computation needs it, from what the database knows. */
import { decimalOf, mantissaAt, roundTo, type Decimal } from './decimal.ts'
import type { InstalledMeter, Register } from './pairs.ts'
import type { Read } from './reads.ts'

/** A register point of a gateway's catalogue that carries a meter's index. */
export interface Feed {
  readonly pointId: number
  readonly scale: number
  readonly digits: number | null
}

/** One installation with its meter; decimals as text. */
export interface InstallationFacts {
  readonly installationId: string
  readonly meterId: string
  readonly serial: string
  readonly fromMs: number
  readonly toMs: number | null
  readonly initialIndex: string | null
  readonly finalIndex: string | null
  readonly scale: number
  readonly digits: number | null
  readonly multiplier: string
  readonly maxPerHour: string
  readonly jitter: string
  readonly feeds: readonly Feed[]
}

export interface PointFacts {
  readonly meteringPointId: string
  readonly code: string
  readonly projectId: string
  readonly timeZone: string
  /** In order of time. */
  readonly installations: readonly InstallationFacts[]
}

/** One scale for all usage and one for all indexes of a metering point, enough for every meter it ever had. */
export interface PointPlan extends PointFacts {
  readonly registers: readonly Register[]
  readonly usageScale: number
  readonly indexScale: number
}

/** Decimal places that quantities have in the database. */
export const MAX_USAGE_SCALE = 9

export function planOf(facts: PointFacts): PointPlan {
  const registers = facts.installations.map(registerOf)
  return {
    ...facts,
    registers,
    indexScale: Math.max(0, ...registers.map(({ scale }) => scale)),
    usageScale: Math.max(0, ...registers.map(({ scale, multiplier }) => scale + multiplier.scale)),
  }
}

/**
 * The register's resolution is the finest that any of its indexes has: the meter's own, its feeds', the
 * written-down ones. So no index is ever rounded.
 */
export function registerOf(facts: InstallationFacts): Register {
  const written = [facts.initialIndex, facts.finalIndex].map((text) =>
    text === null ? 0 : decimalOf(text).scale,
  )
  const scale = Math.max(facts.scale, ...written, ...facts.feeds.map((feed) => feed.scale))
  const limit = (text: string): bigint => roundTo(decimalOf(text), scale)
  return {
    scale,
    modulus: modulusOf(facts, scale),
    maxPerHour: limit(facts.maxPerHour),
    jitter: limit(facts.jitter),
    multiplier: decimalOf(facts.multiplier),
  }
}

function modulusOf(facts: InstallationFacts, scale: number): bigint | null {
  const feed = facts.feeds.find(({ digits }) => digits !== null)
  if (facts.digits !== null) return 10n ** BigInt(facts.digits + scale - facts.scale)
  return feed ? 10n ** BigInt(feed.digits! + scale - feed.scale) : null
}

/** `reads` of every installation, in their order, at the register's scale. */
export function installedMeters(plan: PointPlan, reads: readonly (readonly Read[])[]): InstalledMeter[] {
  return plan.installations.map((facts, i) => {
    const register = plan.registers[i]!
    const at = (text: string | null): bigint | null =>
      text === null ? null : mantissaAt(decimalOf(text), register.scale)
    return {
      register,
      fromMs: facts.fromMs,
      toMs: facts.toMs,
      initialIndex: at(facts.initialIndex),
      finalIndex: at(facts.finalIndex),
      replacesOther: plan.installations[i - 1]?.toMs === facts.fromMs,
      isReplaced: facts.toMs !== null && plan.installations[i + 1]?.fromMs === facts.toMs,
      reads: reads[i] ?? [],
    }
  })
}

/** Decimal places of meter.scale + multiplier; more than the database holds are refused before they get in. */
export function usageScaleFits(scale: number, multiplier: Decimal): boolean {
  return scale + multiplier.scale <= MAX_USAGE_SCALE
}
