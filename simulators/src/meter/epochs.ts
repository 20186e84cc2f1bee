/**
 * The life of a meter's main register: it begins at installation and begins anew when the meter is replaced or its
 * index is set. In between it follows the consumption.
 */
import type { SimulatedMeter } from '../site/site.types.ts'

export interface Epoch {
  readonly fromMs: number
  readonly serial: string
  /** Index at the beginning, 10^-9 units. */
  readonly index: number
  /** Consumption since installation at the beginning, 10^-9 units. */
  readonly consumed: number
}

/** Where the register rolls over to 0, in 10^-9 units; null when the profile does not say. */
export function modulusOf(meter: SimulatedMeter): number | null {
  const point = meter.profile.points.find((candidate) => candidate.key === mainRegisterKey(meter))
  return point?.digits === undefined ? null : 10 ** (point.digits + 9 - point.scale)
}

/** Point that bills are made from. */
export function mainRegisterKey(meter: SimulatedMeter): 'energyImport' | 'volume' {
  return meter.medium === 'electricity' ? 'energyImport' : 'volume'
}

export function epochAt(epochs: readonly Epoch[], atMs: number): Epoch {
  for (let i = epochs.length - 1; i > 0; i--) if (epochs[i]!.fromMs <= atMs) return epochs[i]!
  return epochs[0]!
}

export function indexIn(epoch: Epoch, consumed: number, modulus: number | null): number {
  const index = epoch.index + consumed - epoch.consumed
  return modulus === null ? index : index % modulus
}
