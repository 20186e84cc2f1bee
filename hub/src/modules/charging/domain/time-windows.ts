/** Half hours of a local day, the grid on which usage is kept and prices change. */
export const SLOTS_PER_DAY = 48

/** `HH:MM` on the half hour as number of half hours since local midnight; `24:00` is 48. Null when it is not one. */
export function parseHalfHour(text: string): number | null {
  const match = /^(\d{2}):(00|30)$/.exec(text)
  if (!match) return null
  const slot = Number(match[1]) * 2 + (match[2] === '30' ? 1 : 0)
  return slot <= SLOTS_PER_DAY ? slot : null
}

export function formatHalfHour(slot: number): string {
  return `${String(Math.floor(slot / 2)).padStart(2, '0')}:${slot % 2 === 0 ? '00' : '30'}`
}
