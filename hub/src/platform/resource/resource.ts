/** What a module declares of a kind of record; lists, forms, imports, exports and audit are made from it. */
import type pg from 'pg'
import type { Tone } from '@courtyard/protocols/contract'
import type { BuiltinRole } from '../auth/builtin-roles.ts'
import { isPermission, registerPermissions } from '../auth/permissions.ts'
import type { ScopeColumns } from '../auth/scope-sql.ts'
import type { CurrentUser, Viewer } from '../auth/user.ts'
import type { HubApp } from '../module.ts'
import type { Reason, Texts } from '../reasons/reason.ts'
import type { RecordContext } from './context.ts'
import type { Queryable } from './list.repository.ts'
import './reasons.ts'
import { fieldOf, type Field, type FieldDeclaration, type Values } from './field.ts'

export type ChangeKind = 'create' | 'edit' | 'archive' | 'restore'

/** A record before and after; `before` is null for a new one. */
export interface RecordChange {
  readonly kind: ChangeKind
  readonly id: string
  readonly projectId: string | null
  readonly before: Values | null
  readonly after: Values
  readonly user: CurrentUser
}

export interface Fault {
  /** Name of the field; empty: the record as a whole. */
  readonly field: string
  readonly reason: Reason
}

/** What the module adds of its own. All run inside the transaction of the change. */
export interface ResourceHooks {
  /**
   * All changes of one request or of a batch of a file, for what is looked up, locked or made along with them by a few
   * statements. @returns further values to store, one object per change. @throws AppError to refuse them
   */
  prepare?(
    tx: pg.ClientBase,
    context: RecordContext,
    changes: readonly RecordChange[],
  ): Promise<readonly Values[]>
  /** Pure rules over the values as they would be stored. */
  check?(
    after: Values,
    change: { readonly before: Values | null; readonly kind: ChangeKind },
  ): readonly Fault[]
  /** May return further values to store. @throws AppError to refuse the change */
  beforeSave?(tx: pg.ClientBase, change: RecordChange): Promise<Values | void>
  afterSave?(tx: pg.ClientBase, change: RecordChange): Promise<void>
}

/** A row of a file whose cells are understood. */
export interface ImportedRow {
  /** As the spreadsheet numbers it. */
  readonly row: number
  /** Of the record that it changes or makes. */
  readonly id: string
  readonly before: Values | null
  readonly after: Values
}

export interface ImportPlace {
  readonly context: RecordContext
  readonly projectId: string | null
}

/** What files need when a row is more than the values of one record. */
export interface ResourceImporting {
  /** In place of `uniqueKey`: ids of the records that rows speak of, null where one is new. */
  recognise(
    db: Queryable,
    place: ImportPlace,
    rows: readonly { readonly row: number; readonly values: Values }[],
  ): Promise<readonly (string | null)[]>
  /**
   * Rules over rows, records and rows above; stores nothing.
   * @param memory kept as long as the file is read. @returns faults per row
   */
  check(
    db: Queryable,
    place: ImportPlace,
    rows: readonly ImportedRow[],
    memory: Map<string, unknown>,
  ): Promise<readonly (readonly Fault[])[]>
  /**
   * The records of an undone import are gone: what was made along with them goes too.
   * @returns how much of it was changed or used since; then nothing is taken back
   */
  undone(tx: pg.ClientBase, context: RecordContext, ids: readonly string[]): Promise<number>
}

/** Something that is done with records beside editing: turns a record and answers into changed values. */
export interface ResourceAction {
  readonly label: Texts
  readonly tone?: Tone
  /** Default true. */
  readonly bulk?: boolean
  /** Asked for before; of the same shape as the fields of a resource. */
  readonly fields?: Readonly<Record<string, FieldDeclaration>>
  readonly confirm?: Texts
  /** Default: that of writing. */
  readonly permission?: string
  /** Pure. @returns what changes, or why it can't be done with this record */
  decide(record: Values, answers: Values, at: Date): Values | { readonly refused: Reason }
}

/** Columns or SQL expressions over `r` that say where a record lies and whose it is. */
export interface ResourceScope extends Omit<ScopeColumns, 'project'> {
  /** Left out: records belong to no project. */
  readonly project?: string
}

export const routeNames = [
  ...(['list', 'detail', 'create', 'edit', 'archive', 'restore', 'bulk', 'history', 'reveal'] as const),
  ...(['export', 'import'] as const),
] as const
export type RouteName = (typeof routeNames)[number]

export interface ResourceDeclaration {
  /** camelCase, singular: `lostItem`. */
  readonly name: string
  /** Below `/api/`: `lost-items`. */
  readonly path: string
  /** Page of the console; default `/<path>`. */
  readonly page?: string
  readonly label: Texts
  readonly table: string
  readonly scope: ResourceScope
  readonly fields: Readonly<Record<string, FieldDeclaration>>
  /** Field that names a record. A sensitive one names it masked to whom the field is masked. */
  readonly titleField: string
  /** SQL over `r` of the title in links, when it is more than that field; of nothing sensitive. */
  readonly titleSql?: string
  /** `name` or `-name`. */
  readonly defaultSort: string
  /** Fields by which an import knows a record again, within its project. */
  readonly uniqueKey?: readonly string[]
  /** Default `<name>.read` and `<name>.write`, which are then made known with these built-in roles. */
  readonly permissions?: { readonly read: string; readonly write: string }
  readonly permissionGroup?: Texts
  readonly readers?: readonly BuiltinRole[]
  readonly writers?: readonly BuiltinRole[]
  readonly hooks?: ResourceHooks
  readonly importing?: ResourceImporting
  /** References by whose records these are found too: a role by its person and its room. */
  readonly searchThrough?: readonly string[]
  readonly actions?: Readonly<Record<string, ResourceAction>>
  /** `false` leaves a route out; a function makes it in the module's own way. */
  readonly routes?: Partial<Readonly<Record<RouteName, false | ((app: HubApp, resource: Resource) => void)>>>
  /** Condition for the records that a person may reach with a permission, in place of the scope's. */
  readonly visible?: (user: Viewer, permission: string, params: unknown[]) => string
}

export interface Resource extends Omit<ResourceDeclaration, 'fields' | 'permissions' | 'page' | 'scope'> {
  readonly page: string
  readonly permissions: { readonly read: string; readonly write: string }
  readonly scope: ResourceScope
  readonly inProject: boolean
  readonly fields: readonly Field[]
}

const known = new Map<string, Resource>()

/** @throws when a name is taken or a declaration contradicts itself */
export function defineResource(declared: ResourceDeclaration): Resource {
  const { name, path, scope } = declared
  if (known.has(name)) throw new Error(`resource ${name} is declared twice`)
  const fields = Object.entries(declared.fields).map(([field, one]) => fieldOf(field, one))
  const resource: Resource = {
    ...declared,
    page: declared.page ?? `/${path}`,
    permissions: declared.permissions ?? { read: `${name}.read`, write: `${name}.write` },
    scope: withAlias(scope),
    inProject: scope.project !== undefined,
    fields,
  }
  checkDeclaration(resource)
  makePermissionsKnown(declared, resource)
  known.set(name, resource)
  return resource
}

export function findResource(name: string): Resource | undefined {
  return known.get(name)
}

/** In the order in which they were declared. */
export const allResources = (): readonly Resource[] => [...known.values()]

/** @throws for a name that nobody has declared: a mistake of the programmer */
export function resourceNamed(name: string): Resource {
  const resource = known.get(name)
  if (!resource) throw new Error(`there is no resource ${name}`)
  return resource
}

export function fieldNamed(resource: Resource, name: string): Field {
  const field = resource.fields.find((one) => one.name === name)
  if (!field) throw new Error(`${resource.name} has no field ${name}`)
  return field
}

/** Plain column names stand for columns of the record's own table. */
function withAlias(scope: ResourceScope): ResourceScope {
  const alias = (text: string) => (/^\w+$/.test(text) ? `r."${text}"` : text)
  const { project, building, department, owner } = scope
  return {
    ...scope,
    ...(project === undefined ? {} : { project: alias(project) }),
    ...(typeof building === 'string' ? { building: alias(building) } : {}),
    ...(department === undefined ? {} : { department: alias(department) }),
    ...(owner === undefined ? {} : { owner: [owner].flat().map(alias) }),
  }
}

function checkDeclaration(resource: Resource): void {
  const { name, fields, titleField, uniqueKey = [], defaultSort } = resource
  const names = [titleField, defaultSort.replace(/^-/, ''), ...uniqueKey, ...(resource.searchThrough ?? [])]
  for (const one of names) fieldNamed(resource, one)
  for (const field of fields) {
    const where = `${name}.${field.name}`
    if (field.kind === 'choice' && !field.options) throw new Error(`${where} has no options`)
    if (field.kind === 'dictionary' && !field.dictionary) throw new Error(`${where} names no dictionary`)
    if (field.kind === 'reference' && !field.resource) throw new Error(`${where} names no resource`)
    if (field.numbering && (field.kind !== 'text' || !resource.inProject))
      throw new Error(`${where} can't be numbered: it is no text of a project`)
    if (field.search && !field.column) throw new Error(`${where} is computed: it can't be searched`)
    if (['projectId', 'custom', 'id', 'version'].includes(field.name))
      throw new Error(`${where} is the kit's own`)
  }
}

function makePermissionsKnown(declared: ResourceDeclaration, { permissions, label }: Resource): void {
  if (declared.permissions || isPermission(permissions.read)) return
  registerPermissions({
    group: declared.permissionGroup ?? label,
    permissions: {
      [permissions.read]: {
        zh: `查看${label.zh}`,
        en: `See ${label.en.toLowerCase()}`,
        defaults: [...new Set([...(declared.readers ?? ['manager']), ...(declared.writers ?? [])])],
      },
      [permissions.write]: {
        zh: `编辑${label.zh}`,
        en: `Edit ${label.en.toLowerCase()}`,
        defaults: declared.writers ?? ['manager'],
      },
    },
  })
}
