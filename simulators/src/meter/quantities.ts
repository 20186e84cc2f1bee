/**
 * What a meter measures at one moment, for each point key that the profiles use. A quantity is a whole number of
 * 10^-places of the point's unit; a register's is exact, a gauge's is as fine as the arithmetic below.
 */
import { chance, streamOf } from '../random.ts'
import type { SimulatedMeter } from '../site/site.types.ts'
import { STEP_MS } from '../load/load-curve.ts'

export interface Quantity {
  readonly units: number
  readonly places: number
}

/** All that the quantities of one meter follow from. */
export interface Measurement {
  readonly atMs: number
  /** Main register since the last epoch's beginning, 10^-9 units, before it rolls over. */
  readonly index: number
  /** Consumption in the current ten seconds, 10^-9 units. */
  readonly perStep: number
  readonly traits: MeterTraits
}

/** What tells one meter from another for as long as it lives. */
export interface MeterTraits {
  /** The same for all meters of a building: they hang on the same transformer. */
  readonly gridStream: number
  readonly ownStream: number
  /** Load of the phases, parts of 1000 that add up to 1000. */
  readonly phaseShares: readonly [number, number, number]
  /** 0.900–0.990 in thousandths. */
  readonly powerFactor: number
  /** kvarh per kWh in thousandths. */
  readonly reactivePermille: number
}

export function traitsOf(seed: number, meter: SimulatedMeter): MeterTraits {
  const ownStream = streamOf(seed, `${meter.key} traits`)
  const first = 250 + Math.floor(300 * chance(ownStream, 1))
  const second = 200 + Math.floor(200 * chance(ownStream, 2))
  const powerFactor = 900 + Math.floor(90 * chance(ownStream, 3))
  return {
    ownStream,
    gridStream: streamOf(seed, `grid ${meter.building ?? 'site'}`),
    phaseShares: [first, second, 1000 - first - second],
    powerFactor,
    reactivePermille: Math.round(1000 * Math.sqrt((1000 / powerFactor) ** 2 - 1)),
  }
}

type Rule = (m: Measurement) => Quantity
type Phase = 0 | 1 | 2

const register = (units: number): Quantity => ({ units, places: 9 })
const permille = (units: number, share: number) => Math.floor(units / 1000) * share

/** 10^-9 kWh in ten seconds are 3.6·10^-4 W. */
const watts = (perStep: number): Quantity => ({ units: perStep * 36, places: 5 })
const toWatts = (perStep: number) => (perStep * 36) / 100_000

/** Volts in thousandths: near 229 V, wandering by a few volts within the quarter hour. */
function voltage(m: Measurement, phase: Phase): Quantity {
  const quarter = Math.floor(m.atMs / 900_000)
  const slow = chance(m.traits.gridStream, quarter, phase) * 5000
  const quick = chance(m.traits.gridStream, Math.floor(m.atMs / STEP_MS), phase + 3) * 1200
  return { units: Math.floor(226_000 + slow + quick), places: 3 }
}

function current(m: Measurement, phase: Phase): Quantity {
  const power = toWatts(permille(m.perStep, m.traits.phaseShares[phase]))
  const volts = voltage(m, phase).units / 1000
  return { units: Math.floor((power / volts / (m.traits.powerFactor / 1000)) * 1_000_000), places: 6 }
}

const apparentOf = (m: Measurement, perStep: number) => (toWatts(perStep) * 1000) / m.traits.powerFactor
const apparent = (m: Measurement): number => apparentOf(m, m.perStep)
const phaseStep = (m: Measurement, phase: Phase) => permille(m.perStep, m.traits.phaseShares[phase])

function reactive(m: Measurement, perStep: number): Quantity {
  const square = apparentOf(m, perStep) ** 2 - toWatts(perStep) ** 2
  return { units: Math.floor(Math.sqrt(Math.max(square, 0)) * 1000), places: 3 }
}

const phases = [0, 1, 2] as const
const perPhase = (prefix: string, rule: (m: Measurement, phase: Phase) => Quantity): [string, Rule][] =>
  phases.map((phase) => [`${prefix}L${phase + 1}`, (m) => rule(m, phase)])

const rules = new Map<string, Rule>([
  ['energyImport', (m) => register(m.index)],
  ['energyTotal', (m) => register(m.index)],
  ['energyImportPartial', (m) => register(m.index)],
  ['energyExport', () => register(0)],
  ['energyImportT1', (m) => register(m.index - permille(m.index, 420))],
  ['energyImportT2', (m) => register(permille(m.index, 420))],
  ['reactiveEnergyImport', (m) => register(permille(m.index, m.traits.reactivePermille))],
  ['reactiveEnergyExport', () => register(0)],
  ['powerImport', (m) => watts(m.perStep)],
  ['powerExport', () => watts(0)],
  ['powerTotal', (m) => watts(m.perStep)],
  ['apparentPowerTotal', (m) => ({ units: Math.floor(apparent(m) * 1000), places: 3 })],
  ['reactivePowerTotal', (m) => reactive(m, m.perStep)],
  ['powerFactor', (m) => ({ units: m.traits.powerFactor, places: 3 })],
  ['frequency', (m) => ({ units: 49_960 + Math.floor(80 * chance(1, Math.floor(m.atMs / STEP_MS))), places: 3 })],
  ['volume', (m) => register(m.index)],
  // 10^-9 m³ in ten seconds are 3.6·10^-7 m³/h.
  ['flow', (m) => ({ units: m.perStep * 36, places: 8 })],
  ['status', () => ({ units: 0, places: 0 })],
  ...perPhase('voltage', voltage),
  ...perPhase('current', current),
  ...perPhase('power', (m, phase) => watts(phaseStep(m, phase))),
  ...perPhase('apparentPower', (m, phase) => ({ units: Math.floor(apparentOf(m, phaseStep(m, phase)) * 1000), places: 3 })),
  ...perPhase('reactivePower', (m, phase) => reactive(m, phaseStep(m, phase))),
  ...perPhase('powerFactor', (m) => ({ units: m.traits.powerFactor, places: 3 })),
  ...perPhase('energyImport', (m, phase) => register(permille(m.index, m.traits.phaseShares[phase]))),
  ...perPhase('energyExport', () => register(0)),
]) // prettier-ignore

/** Throws when a profile has a point that the simulator cannot measure: a mistake in this file. */
export function ruleFor(pointKey: string): Rule {
  const rule = rules.get(pointKey)
  if (!rule) throw new Error(`the simulator has no rule for point ${pointKey}`)
  return rule
}

/** As a display does: what does not fit behind the point is cut off. The quantity is not negative. */
export function roundedDown(quantity: Quantity, scale: number): number {
  const shift = quantity.places - scale
  return shift >= 0 ? Math.floor(quantity.units / 10 ** shift) : quantity.units * 10 ** -shift
}
