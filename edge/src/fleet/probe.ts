/** One look at a device: every polling group once, as a table. */
import type { ProbeLine, Quality, Reading, RequestResult } from '@courtyard/protocols/contract'
import type { DeviceProfile } from '@courtyard/protocols/profile'
import type { BusDriver, Emission, PollOutcome } from '../drivers/driver.ts'

export interface ProbedDevice {
  readonly key: string
  readonly profile: DeviceProfile
}

export interface ProbeResult extends RequestResult<'probe'> {
  /** False when the device as a whole did not answer. */
  readonly answered: boolean
}

/**
 * Reads all groups in turn; a device that does not answer the first is not asked on. What a poll brings besides
 * (events, checkpoints) is handed to `keep`, or it would be lost to the driver's own log of what it has read.
 */
export async function probeDevice(
  driver: BusDriver,
  device: ProbedDevice,
  keep: (emission: Emission) => Promise<void>,
): Promise<ProbeResult> {
  const outcomes: PollOutcome[] = []
  for (const group of Object.keys(device.profile.groups)) {
    const outcome = await driver.poll(device.key, group)
    outcomes.push(outcome)
    const { readings, events = [], checkpoint } = outcome
    await keep({ readings, events, ...(checkpoint === undefined ? {} : { checkpoint: { deviceKey: device.key, text: checkpoint } }) }) // prettier-ignore
    if (outcome.failure) break
  }
  // A device that speaks by itself has nothing to be polled; whether it is there can be seen.
  if (outcomes.length === 0) outcomes.push(await driver.probe(device.key))
  const last = outcomes.at(-1)
  const readings = outcomes.flatMap((outcome) => outcome.readings)
  return {
    answered: last !== undefined && last.failure === null,
    message: outcomes.findLast((outcome) => outcome.message !== null)?.message ?? null,
    latencyMs: outcomes.findLast((outcome) => outcome.latencyMs !== null)?.latencyMs ?? null,
    points: probeLines(device.profile, readings),
  }
}

/** One line per point that was asked for, in the profile's order. */
export function probeLines(profile: DeviceProfile, readings: readonly Reading[]): ProbeLine[] {
  const byKey = new Map(readings.map((reading) => [reading.point.slice(reading.point.indexOf('/') + 1), reading]))
  return profile.points.flatMap(({ key, label, unit }) => {
    const reading = byKey.get(key)
    if (!reading) return []
    const value = reading.mantissa === null ? null : decimalText(reading.mantissa, reading.scale)
    return [{ point: key, zh: label.zh, en: label.en, value, unit, quality: reading.quality satisfies Quality }]
  })
} // prettier-ignore

/** `mantissa / 10^scale` with all its places, without going through a fraction. */
export function decimalText(mantissa: number, scale: number): string {
  const digits = String(Math.abs(mantissa)).padStart(scale + 1, '0')
  const sign = mantissa < 0 ? '-' : ''
  return scale === 0 ? `${sign}${digits}` : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}
