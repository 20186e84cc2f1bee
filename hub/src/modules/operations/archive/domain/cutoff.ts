/** First day of the month that is the first to stay. @param today `2026-11-22` in the project's time zone */
export function firstDayKept(today: string, months: number): string {
  const [year, month] = today.split('-').map(Number) as [number, number]
  return new Date(Date.UTC(year, month - 1 - months, 1)).toISOString().slice(0, 10)
}
