import { AbilityBuilder, type Ability } from '@casl/ability'
import {
  accessibleBy,
  createPrismaAbility,
  type PrismaQueryOf,
  type WhereInputOf,
} from '@casl/prisma/runtime'
import type { Permission } from '@courtyard/protocols/contract'
import type { Prisma } from '../../generated/prisma/client.ts'
import { fail, platformErrors } from '../errors.ts'
import type { Grant } from './grant.ts'
import { grantsOf, type Viewer } from './user.ts'

/** Where a model says what lies where and whose it is: names of its fields. The twin of `ScopeColumns`. */
export interface ModelScope {
  /** Null: any permission will do, such as for the projects themselves. */
  readonly permission: Permission | null
  /** Default `projectId`. */
  readonly project?: string
  /** Field with the building's id, or a condition for being in one of them. */
  readonly building?: string | ((ids: { in: string[] }) => object)
  readonly department?: string
  readonly owner?: string | readonly string[]
  /** Configuration of a project: readable with any part of it. */
  readonly anyPart?: boolean
}

export type ScopedModel = Prisma.ModelName
export type AppAbility = Ability<['read', ScopedModel], PrismaQueryOf<Prisma.TypeMap>>

const models = new Map<ScopedModel, ModelScope>()

/** Says how rows of these models are narrowed to what a person may read; called when a module is loaded. */
export function registerModels(scopes: Readonly<Partial<Record<ScopedModel, ModelScope>>>): void {
  for (const [model, scope] of Object.entries(scopes) as [ScopedModel, ModelScope][]) {
    if (models.has(model)) throw new Error(`the scope of ${model} is registered twice`)
    models.set(model, scope)
  }
}

/** What a person may read of a model, as rules that become conditions of a query. */
function abilityOf(user: Viewer, model: ScopedModel, scope: ModelScope): AppAbility {
  const { can, build } = new AbilityBuilder<AppAbility>(createPrismaAbility)
  for (const grant of grantsOf(user, scope.permission ?? undefined)) {
    const conditions = [...placeOf(grant, scope), ...recordsOf(grant, user.id, scope)]
    if (conditions.length === 0) can('read', model)
    else can('read', model, { AND: conditions } as never)
  }
  return build()
}

function placeOf({ place }: Grant, scope: ModelScope): object[] {
  if (place.all) return []
  const { project = 'projectId', building, anyPart } = scope
  const { projectIds, buildings } = place
  if (anyPart) {
    return [{ [project]: { in: [...new Set([...projectIds, ...buildings.map((one) => one.projectId)])] } }]
  }
  const parts: object[] = [{ [project]: { in: [...projectIds] } }]
  if (building !== undefined && buildings.length > 0) {
    const ids = { in: buildings.map(({ id }) => id) }
    parts.push(typeof building === 'string' ? { [building]: ids } : building(ids))
  }
  return [{ OR: parts }]
}

function recordsOf({ records, departmentIds }: Grant, userId: string, scope: ModelScope): object[] {
  const { owner, department } = scope
  if (records === 'all' || (owner === undefined && department === undefined)) return []
  const parts: object[] = (owner === undefined ? [] : [owner].flat()).map((field) => ({ [field]: userId }))
  if (records === 'department' && department) parts.push({ [department]: { in: [...departmentIds] } })
  return [{ OR: parts }]
}

/**
 * Prisma condition for the rows of a model that the person may read; put it into `AND`.
 * @throws AppError `auth.forbidden` when the person may read none at all
 */
export function readable<M extends ScopedModel>(user: Viewer, model: M): WhereInputOf<Prisma.TypeMap, M> {
  const scope = models.get(model)
  if (!scope) throw new Error(`no module has said who may read ${model}`)
  if (grantsOf(user, scope.permission ?? undefined).length === 0) {
    throw fail(platformErrors.forbidden, 'Your role may not do this', { permission: scope.permission })
  }
  return accessibleBy(abilityOf(user, model, scope), 'read').ofType(model)
}
