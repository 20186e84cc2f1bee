/** All meters of a site with their registers: what each shows at any instant. */
import { AppError } from '@courtyard/protocols/contract'
import { decodeValue, encodeValue } from '@courtyard/protocols/modbus'
import type { ProfilePoint } from '@courtyard/protocols/profile'
import { SimulatorErrorCode } from '../errors.ts'
import { INSTALLED_AT_MS } from '../load/calendar.ts'
import { type SiteMoment, SiteLoad } from '../load/site-load.ts'
import type { SimulatedMeter, Site } from '../site/site.types.ts'
import { type Epoch, epochAt, indexIn, mainRegisterKey, modulusOf } from './epochs.ts'
import {
  type Measurement,
  type MeterTraits,
  type Quantity,
  roundedDown,
  ruleFor,
  traitsOf,
} from './quantities.ts'

/** What became of a register that was set by hand. Indexes are 10^-9 units. */
export interface RegisterChange {
  readonly atMs: number
  readonly oldSerial: string
  readonly newSerial: string
  readonly finalIndex: number
  readonly initialIndex: number
}

/** A register that was set: from `atMs` on it shows `index` (10^-9 units) and what is consumed after. */
export interface RegisterSetting {
  readonly meter: string
  readonly atMs: number
  readonly serial: string
  readonly index: number
}

interface MeterState {
  readonly meter: SimulatedMeter
  readonly traits: MeterTraits
  readonly modulus: number | null
  readonly epochs: Epoch[]
}

/** One meter's values at one instant. */
export interface MeterReading {
  readonly serial: string
  /** Exactly, in 10^-places; finer than the meter shows. */
  readonly exact: (pointKey: string) => Quantity
  /** As the meter shows and sends it: a whole number of 10^-scale of the point. */
  readonly shown: (point: ProfilePoint) => number
}

export class MeterPark {
  readonly site: Site
  private readonly load: SiteLoad
  private readonly states: readonly MeterState[]
  private readonly indexes: ReadonlyMap<string, number>

  constructor(site: Site) {
    this.site = site
    this.load = new SiteLoad(site)
    this.indexes = new Map(site.meters.map((meter, index) => [meter.key, index]))
    this.states = site.meters.map((meter) => ({
      meter,
      traits: traitsOf(site.seed, meter),
      modulus: modulusOf(meter),
      epochs: [{ fromMs: INSTALLED_AT_MS, serial: meter.serial, index: meter.initialIndex, consumed: 0 }],
    }))
  }

  /** Place of the meter in `site.meters`. Throws AppError `simulator.not_found`. */
  indexOf(meterKey: string): number {
    const index = this.indexes.get(meterKey)
    if (index === undefined) throw new AppError(SimulatorErrorCode.notFound, `no meter ${meterKey}`)
    return index
  }

  /** Everything at one instant. Throws AppError `simulator.bad_request` before the installation. */
  moment(atMs: number): SiteMoment {
    if (atMs < INSTALLED_AT_MS) {
      const from = new Date(INSTALLED_AT_MS).toISOString()
      throw new AppError(SimulatorErrorCode.badRequest, `meters were installed at ${from}`, {
        details: { issues: [{ path: 'at', reason: `is before ${from}` }] },
      })
    }
    return this.load.moment(atMs)
  }

  read(meterIndex: number, moment: SiteMoment): MeterReading {
    const { traits, modulus, epochs } = this.states[meterIndex]!
    const { total, perStep } = moment.of(meterIndex)
    const epoch = epochAt(epochs, moment.atMs)
    const measurement: Measurement = {
      atMs: moment.atMs,
      index: indexIn(epoch, total, modulus),
      perStep,
      traits,
    }
    const exact = (pointKey: string) => ruleFor(pointKey)(measurement)
    return {
      serial: epoch.serial,
      exact,
      shown: (point) => asSent(point, roundedDown(exact(point.key), point.scale)),
    }
  }

  /** Serial number of the meter that is in place now. */
  serialOf(meterKey: string): string {
    return this.states[this.indexOf(meterKey)]!.epochs.at(-1)!.serial
  }

  /** A new meter takes the place of the old one. `initialIndex` in 10^-9 units. */
  replace(meterKey: string, atMs: number, initialIndex: number, serial?: string): RegisterChange {
    const state = this.states[this.indexOf(meterKey)]!
    return this.begin(meterKey, atMs, initialIndex, serial ?? nextSerial(state.epochs.at(-1)!.serial))
  }

  /** Sets the register so that it rolls over after `remaining` (10^-9 units) more. */
  setBeforeRollover(meterKey: string, atMs: number, remaining: number): RegisterChange {
    const state = this.states[this.indexOf(meterKey)]!
    if (state.modulus === null) {
      const reason = `profile ${state.meter.profile.id} does not say how many digits ${mainRegisterKey(state.meter)} has`
      throw new AppError(SimulatorErrorCode.faultImpossible, reason)
    }
    return this.begin(meterKey, atMs, state.modulus - remaining, state.epochs.at(-1)!.serial)
  }

  private begin(meterKey: string, atMs: number, index: number, serial: string): RegisterChange {
    const meterIndex = this.indexOf(meterKey)
    const { epochs, modulus } = this.states[meterIndex]!
    const last = epochs.at(-1)!
    const consumed = this.moment(atMs).of(meterIndex).total
    epochs.push({ fromMs: atMs, serial, index, consumed })
    const finalIndex = indexIn(last, consumed, modulus)
    return { atMs, oldSerial: last.serial, newSerial: serial, finalIndex, initialIndex: index }
  }

  /** What has happened to registers since installation, oldest first per meter. */
  history(): RegisterSetting[] {
    return this.states.flatMap(({ meter, epochs }) =>
      epochs.slice(1).map(({ fromMs, serial, index }) => ({ meter: meter.key, atMs: fromMs, serial, index })),
    )
  }

  /** Lets what `history` told happen again, in a park of the same seed. Throws AppError `simulator.not_found`. */
  restore(settings: readonly RegisterSetting[]): void {
    for (const { meter, atMs, serial, index } of settings) this.begin(meter, atMs, index, serial)
  }
}

function nextSerial(serial: string): string {
  return `${serial.replace(/-\d+$/, '')}-${Number(/-(\d+)$/.exec(serial)?.[1] ?? 1) + 1}`
}

/**
 * A float32 register of seven digits and more cannot hold every number, and the wire then carries the nearest one that
 * it can. Below 2^23 units of the scale every number survives.
 */
function asSent(point: ProfilePoint, mantissa: number): number {
  if (point.modbus?.type !== 'float32' || mantissa < 2 ** 23) return mantissa
  return (
    decodeValue(point.modbus, encodeValue(point.modbus, mantissa, point.scale), point.scale).mantissa ??
    mantissa
  )
}
