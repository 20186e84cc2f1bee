import type { Words } from '@courtyard/protocols/contract'

/** How far away a day is, in words. */
export function inDays(daysLeft: number): Words {
  if (daysLeft > 1) return { zh: `还有 ${daysLeft} 天`, en: `in ${daysLeft} days` }
  if (daysLeft === 1) return { zh: '明天', en: 'tomorrow' }
  if (daysLeft === 0) return { zh: '今天', en: 'today' }
  return daysLeft === -1
    ? { zh: '昨天', en: 'yesterday' }
    : { zh: `已过 ${-daysLeft} 天`, en: `${-daysLeft} days ago` }
}

/** On the clock of the project: people find it when they begin to work. */
const LOCAL_HOUR = 8

/** Whether the day has begun and was not looked through yet. @param local `2026-11-22 08:00:00` */
export function dayBegins(local: string, lastDay: string | null): boolean {
  return Number(local.slice(11, 13)) >= LOCAL_HOUR && (lastDay ?? '') < local.slice(0, 10)
}
