import type { History, PointValue } from '@courtyard/protocols/contract'

/** The history with a live value at its right end; one that is not newer changes nothing. */
export function withLiveValue(history: History, value: PointValue): History {
  const at = Date.parse(value.at)
  if (value.pointId !== history.pointId || at <= (history.at.at(-1) ?? 0)) return history
  return {
    ...history,
    at: [...history.at, at],
    value: [...history.value, value.value],
    quality: [...history.quality, value.quality],
  }
}
