import type { Overview } from '@courtyard/protocols/contract'
import type { CurrentUser } from '../../platform/auth/user.ts'
import type { Hub } from '../../platform/module.ts'
import { findProject } from '../estate/index.ts'
import { byLocalHalfHour, localDays } from '../metering/index.ts'
import { energyOf } from './domain/energy.ts'
import { attention, fleetCounts, issuedBills, topMeterDays, usageByRole } from './overview.repository.ts'

/** Everything at a glance, in five statements. */
export async function overviewFor(hub: Hub, user: CurrentUser, projectId: string): Promise<Overview> {
  const project = await findProject(hub, user, projectId, 'metering.read')
  const now = hub.clock.now()
  const { today, yesterday, midnight, elapsedMs } = localDays(project.timeZone, now)
  const { pool } = hub.db
  const [fleet, days, byRole, bills, troubles] = await Promise.all([
    fleetCounts(pool, user, projectId, midnight),
    topMeterDays(pool, user, projectId, [yesterday, today]),
    usageByRole(pool, user, projectId, today),
    issuedBills(pool, user, projectId),
    attention(pool, user, projectId, now, `${today.slice(0, 7)}-01`),
  ])
  const energy = energyOf(
    days.map((row) => ({
      medium: row.medium,
      unit: row.unit,
      isToday: row.day === today,
      scale: row.scale,
      slots: byLocalHalfHour(project.timeZone, row.day, row.slotUsage),
    })),
    elapsedMs,
  )
  return {
    at: now.toISOString(),
    gateways: fleet.gateways,
    devices: fleet.devices,
    lastReadingAt: fleet.lastReadingAt?.toISOString() ?? null,
    readingsToday: fleet.readingsToday,
    energy,
    byRole,
    bills,
    attention: troubles,
  }
}
