import type { ManagedProject, ManagerPage } from '@courtyard/protocols/contract'
import { inWholeProject, type CurrentUser } from '../../platform/auth/user.ts'
import type { Hub } from '../../platform/module.ts'
import { energyDays, factOf, managedProjects, type EnergyRow, type FactValues } from './manager.repository.ts'

type Facts = { [K in keyof FactValues]: ReadonlyMap<string, FactValues[K]> | null }

/** All projects of the person, in eleven statements however many projects there are. */
export async function managerPageFor(hub: Hub, user: CurrentUser): Promise<ManagerPage> {
  const now = hub.clock.now()
  const { pool } = hub.db
  const projects = await managedProjects(pool, user, now)
  const ids = projects.map(({ id }) => id)
  const fact = <K extends keyof FactValues>(name: K) => factOf(pool, user, ids, name)
  const [
    energy,
    gateways,
    devices,
    quarantine,
    usageHeld,
    receivable,
    commands,
    handovers,
    metersToRead,
    tasks,
  ] = await Promise.all([
    energyDays(pool, user, ids, now),
    fact('gateways'),
    fact('devices'),
    fact('quarantine'),
    fact('usageHeld'),
    fact('receivable'),
    fact('commands'),
    fact('handovers'),
    fact('metersToRead'),
    fact('tasks'),
  ])
  const facts = {
    gateways,
    devices,
    quarantine,
    usageHeld,
    receivable,
    commands,
    handovers,
    metersToRead,
    tasks,
  }
  const byProject = Map.groupBy(energy, ({ projectId }) => projectId)
  return {
    at: now.toISOString(),
    version: hub.version,
    projects: projects.map(({ id, code, name }) => ({
      id,
      code,
      name,
      ...seen(user, id, facts),
      energy: energyOf(byProject.get(id) ?? []),
    })),
  }
}

function seen(
  user: CurrentUser,
  id: string,
  facts: Facts,
): Omit<ManagedProject, 'id' | 'code' | 'name' | 'energy'> {
  const gateways = facts.gateways?.get(id) ?? { total: 0, online: 0, offline: 0 }
  const devices = facts.devices?.get(id) ?? { total: 0, online: 0, offline: 0, cases: 0 }
  const mayAll = (permission: string) => inWholeProject(user, id, permission)
  const cases = {
    gatewaysOffline: gateways.offline,
    devicesOffline: devices.cases,
    usageHeld: facts.usageHeld?.get(id) ?? 0,
    quarantine: facts.quarantine?.get(id) ?? 0,
  }
  const kinds = Object.keys(cases) as (keyof typeof cases)[]
  return {
    gateways: mayAll('gateways.read') ? { total: gateways.total, online: gateways.online } : null,
    devices: mayAll('devices.read')
      ? { total: devices.total, online: devices.online, offline: devices.offline }
      : null,
    attention: kinds.map((kind) => ({ kind, count: cases[kind] })).filter(({ count }) => count > 0),
    receivable: mayAll('charging.read')
      ? (facts.receivable?.get(id) ?? { amount: '0.00', bills: 0, thisMonth: '0.00' })
      : null,
    received: null,
    work: {
      commandsAwaiting: mayAll('commands.read') ? (facts.commands?.get(id) ?? 0) : null,
      handovers: facts.handovers ? (facts.handovers.get(id) ?? 0) : null,
      tasks: mayAll('workflow.read') ? (facts.tasks?.get(id) ?? 0) : null,
      metersToRead: mayAll('readingRounds.read') ? (facts.metersToRead?.get(id) ?? 0) : null,
    },
  }
}

function energyOf(rows: readonly EnergyRow[]): ManagedProject['energy'] {
  return [...Map.groupBy(rows, ({ medium, unit }) => `${medium} ${unit}`).values()].map((days) => ({
    medium: days[0]!.medium,
    unit: days[0]!.unit,
    today: days.at(-1)!.usage,
    yesterday: days.at(-2)?.usage ?? null,
    days: days.map(({ day, usage }) => ({ day, usage })),
  }))
}
