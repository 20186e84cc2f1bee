/** Round numbers for an axis from zero: the last is at least `max`. For `max` 0 the axis goes to 1. */
export function niceTicks(max: number, about = 4): number[] {
  if (!(max > 0)) return [0, 1]
  const rough = max / about
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough)!
  const count = Math.ceil(max / step - 1e-9)
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(12)))
}

/** Axis numbers short: `12,000` → `12k`. */
export function shortNumber(value: number, locale: string): string {
  return Math.abs(value) >= 10_000
    ? `${(value / 1000).toLocaleString(locale, { maximumFractionDigits: 1 })}k`
    : value.toLocaleString(locale, { maximumFractionDigits: 4 })
}
