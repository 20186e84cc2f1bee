import { describe, expect, it } from 'vitest'
import { energyOf, type TopMeterDay } from './energy.ts'

const slots = (...values: (bigint | null)[]): (bigint | null)[] => [
  ...values,
  ...new Array<null>(48 - values.length).fill(null),
]
const day = (over: Partial<TopMeterDay>): TopMeterDay => ({
  medium: 'electricity',
  unit: 'kWh',
  isToday: true,
  scale: 2,
  slots: slots(),
  ...over,
})

describe('energy at a glance', () => {
  it('adds top meters of different resolution, hour by hour, and leaves unknown hours open', () => {
    const [energy] = energyOf(
      [
        day({ slots: slots(100n, 50n, 7n) }),
        day({ slots: slots(1n, 1n), scale: 0 }),
        day({ isToday: false, slots: slots(10n, 20n, 30n) }),
      ],
      75 * 60_000,
    )
    expect(energy).toMatchObject({ today: '3.57', yesterday: '0.60', yesterdaySoFar: '0.45' })
    expect(energy!.todayByHour.slice(0, 3)).toEqual(['3.50', '0.07', null])
    expect(energy!.yesterdayByHour[1]).toBe('0.30')
  })

  it('keeps media apart and says when there is no yesterday', () => {
    const result = energyOf([day({}), day({ medium: 'water', unit: 'm³', slots: slots(5n) })], 0)
    expect(result.map(({ medium, today, yesterday }) => [medium, today, yesterday])).toEqual([
      ['electricity', '0.00', null],
      ['water', '0.05', null],
    ])
  })
})
