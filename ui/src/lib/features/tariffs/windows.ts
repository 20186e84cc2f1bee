import type { BillLine } from '@courtyard/protocols/contract'

export type Band = NonNullable<BillLine['band']>
export interface Window {
  readonly from: string
  readonly to: string
  readonly band: Band
}
/** Half hours of a day. */
export const SLOTS = 48

/** Half hours since midnight of `HH:MM`; `24:00` is 48. */
export function slotOf(time: string): number {
  const [hours = '0', minutes = '0'] = time.split(':')
  return Number(hours) * 2 + (Number(minutes) >= 30 ? 1 : 0)
}

/** `HH:MM` of a number of half hours. */
export function timeOf(slot: number): string {
  return `${String(Math.floor(slot / 2)).padStart(2, '0')}:${slot % 2 === 0 ? '00' : '30'}`
}

/** The band of each half hour; a window past midnight goes on at the start of the day. */
export function slotsOf(windows: readonly Window[]): (Band | null)[] {
  const slots = Array.from({ length: SLOTS }, (): Band | null => null)
  for (const { from, to, band } of windows) {
    const start = slotOf(from)
    const length = (slotOf(to) - start + SLOTS) % SLOTS || SLOTS
    for (let step = 0; step < length; step++) slots[(start + step) % SLOTS] = band
  }
  return slots
}

/** Windows of a day painted in half hours, from midnight to midnight. */
export function windowsOf(slots: readonly Band[]): Window[] {
  const windows: { from: string; to: string; band: Band }[] = []
  slots.forEach((band, slot) => {
    const last = windows.at(-1)
    if (last?.band === band) last.to = timeOf(slot + 1)
    else windows.push({ from: timeOf(slot), to: timeOf(slot + 1), band })
  })
  return windows
}

export const bandColour: Readonly<Record<Band, string>> = {
  sharp: '#c2410c',
  peak: '#d98a06',
  flat: '#5b9c94',
  valley: '#4a7fc4',
  deepValley: '#40558f',
}
