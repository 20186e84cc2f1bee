import { AbilityBuilder, type Ability } from '@casl/ability'
import {
  accessibleBy,
  createPrismaAbility,
  type PrismaQueryOf,
  type WhereInputOf,
} from '@casl/prisma/runtime'
import type { Permission } from '@courtyard/protocols/contract'
import type { Prisma } from '../../generated/prisma/client.ts'
import { permissionsOfRole } from './permissions.ts'
import type { CurrentUser } from './user.ts'

/** Models that belong to a project, by the permission that opens them. */
const readableModels = {
  'estate.read': ['Building', 'Room', 'Household'],
  'gateways.read': ['Gateway'],
  'devices.read': ['Device'],
  'metering.read': ['MeteringPoint', 'Meter', 'UsageDay', 'UsageMonth', 'HeldInterval'],
  'charging.read': ['ChargeItem', 'Tariff', 'ChargeAssignment', 'BillRun', 'Bill'],
  'audit.read': ['AuditEntry'],
} as const satisfies Partial<Record<Permission, readonly Prisma.ModelName[]>>

/** Models whose rows can be narrowed to what a person may read. */
export type ScopedModel = (typeof readableModels)[keyof typeof readableModels][number] | 'Project'
export type AppAbility = Ability<['read', ScopedModel], PrismaQueryOf<Prisma.TypeMap>>

/** What a person may read, as rules that become conditions of a query. */
export function abilityOf(user: Pick<CurrentUser, 'role' | 'scope'>): AppAbility {
  const { can, build } = new AbilityBuilder<AppAbility>(createPrismaAbility)
  const within = { in: [...user.scope.projectIds] }
  if (user.scope.all) can('read', 'Project')
  else can('read', 'Project', { id: within } as never)
  for (const [permission, models] of Object.entries(readableModels)) {
    if (!permissionsOfRole[user.role].includes(permission as Permission)) continue
    if (user.scope.all) can('read', [...models])
    else can('read', [...models], { projectId: within } as never)
  }
  return build()
}

/**
 * Prisma condition for the rows of a model that the person may read; put it into `AND`.
 * @throws ForbiddenError of CASL through Prisma when the role may read none at all
 */
export function readable<M extends ScopedModel>(
  user: Pick<CurrentUser, 'role' | 'scope'>,
  model: M,
): WhereInputOf<Prisma.TypeMap, M> {
  return accessibleBy(abilityOf(user), 'read').ofType(model)
}
