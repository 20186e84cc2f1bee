/** How consumption is spread over the hours of a day, the days of a week and the months of a year. */
import type { LoadProfile } from '../site/site.types.ts'

export interface Shape {
  /** Relative weight of each hour, on workdays and at weekends. */
  readonly workday: readonly number[]
  readonly weekend: readonly number[]
  /** Saturday and Sunday against a workday. */
  readonly weekendFactor: number
  /** Middle of each month against the year. */
  readonly months: readonly number[]
  /** Spread from day to day, and from five minutes to five minutes; 0 is none, 1 is up to double. */
  readonly dayNoise: number
  readonly slotNoise: number
  /** Share of five-minute slots in which nothing runs. */
  readonly idle: number
  /** What is left when nobody lives there. */
  readonly vacantFactor: number
}

const even = new Array<number>(12).fill(1)
const homeMonths = [1.15, 1.1, 0.9, 0.8, 0.85, 1.1, 1.5, 1.55, 1.2, 0.85, 0.85, 1.05]
const waterMonths = [0.88, 0.85, 0.92, 0.97, 1.02, 1.1, 1.2, 1.2, 1.08, 1, 0.92, 0.86]

const homeWorkday = [
  35, 30, 28, 27, 28, 35, 70, 100, 80, 55, 50, 60, 80, 60, 50, 50, 60, 90, 150, 190, 200, 180, 120, 70,
]
const homeWeekend = [
  40, 33, 30, 28, 28, 32, 45, 75, 100, 105, 100, 115, 130, 105, 95, 95, 105, 125, 165, 190, 200, 185, 130, 75,
]
const tradeDay = [
  16, 15, 15, 15, 15, 18, 35, 70, 105, 120, 125, 130, 130, 128, 125, 125, 128, 132, 135, 130, 115, 80, 35, 18,
]
const liftDay = [
  14, 10, 9, 9, 10, 20, 70, 150, 160, 90, 75, 80, 110, 85, 70, 70, 90, 140, 170, 140, 100, 75, 45, 25,
]
const lightingDay = [
  150, 150, 150, 150, 150, 130, 60, 20, 18, 18, 18, 18, 18, 18, 18, 20, 40, 100, 160, 165, 165, 165, 160, 155,
]
const waterWorkday = [
  6, 3, 2, 2, 3, 15, 110, 160, 90, 50, 45, 70, 95, 55, 35, 35, 50, 90, 150, 170, 180, 160, 90, 30,
]
const waterWeekend = [
  8, 4, 2, 2, 3, 8, 40, 90, 140, 130, 110, 110, 120, 80, 60, 60, 75, 105, 150, 170, 175, 150, 90, 35,
]
const gasDay = [
  2, 1, 1, 1, 2, 15, 110, 130, 40, 20, 60, 170, 120, 20, 10, 15, 70, 190, 200, 110, 60, 50, 25, 8,
]

const base = { weekendFactor: 1, months: even, dayNoise: 0.1, slotNoise: 0.2, idle: 0, vacantFactor: 1 }

export const shapes: Record<LoadProfile['shape'], Shape> = {
  home: { workday: homeWorkday, weekend: homeWeekend, weekendFactor: 1.18, months: homeMonths, dayNoise: 0.35, slotNoise: 0.55, idle: 0, vacantFactor: 0.03 },
  shop: { ...base, workday: tradeDay, weekend: tradeDay, weekendFactor: 1.12, months: homeMonths, slotNoise: 0.15 },
  lift: { ...base, workday: liftDay, weekend: liftDay, weekendFactor: 0.92, slotNoise: 0.5 },
  pump: { ...base, workday: waterWorkday, weekend: waterWeekend, weekendFactor: 1.08, months: waterMonths, slotNoise: 0.3 },
  lighting: { ...base, workday: lightingDay, weekend: lightingDay, dayNoise: 0.03, slotNoise: 0.04, months: [1.15, 1.1, 1.02, 0.95, 0.9, 0.86, 0.86, 0.9, 0.97, 1.04, 1.1, 1.15] },
  homeWater: { workday: waterWorkday, weekend: waterWeekend, weekendFactor: 1.15, months: waterMonths, dayNoise: 0.4, slotNoise: 0.9, idle: 0.6, vacantFactor: 0 },
  shopWater: { ...base, workday: tradeDay.map((weight) => Math.max(weight - 15, 1)), weekend: tradeDay, weekendFactor: 1.1, slotNoise: 0.8, idle: 0.3 },
  homeGas: { workday: gasDay, weekend: gasDay, weekendFactor: 1.2, months: [1.5, 1.4, 1.1, 0.9, 0.8, 0.75, 0.7, 0.7, 0.8, 0.95, 1.1, 1.3], dayNoise: 0.3, slotNoise: 0.7, idle: 0.5, vacantFactor: 0 },
} // prettier-ignore
