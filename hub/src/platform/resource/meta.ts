/** A resource as the console is told of it. */
import type { ActionMeta, FieldMeta, ResourceMeta } from '@courtyard/protocols/contract'
import { SEE_SENSITIVE } from '../auth/sensitive.ts'
import { hasPermission, type CurrentUser } from '../auth/user.ts'
import { attachmentSource } from './attachment-source.ts'
import type { Field } from './field.ts'
import { fieldsOfAction } from './records.service.ts'
import { findResource, type Resource } from './resource.ts'
import type { Shape } from './shape.ts'

export function metaOf(shape: Shape, user: CurrentUser): ResourceMeta {
  const { resource } = shape
  const { name, path, page, label, inProject, titleField, defaultSort } = resource
  const writes = hasPermission(user, resource.permissions.write)
  const has = (route: 'create' | 'edit' | 'archive' | 'import' | 'export') =>
    resource.routes?.[route] !== false
  const fields = shape.fields.filter(isUsable)
  return {
    name,
    path,
    page,
    label,
    inProject,
    titleField,
    defaultSort,
    fields: fields.map((field) => fieldMeta(shape, field)),
    actions: actionsOf(shape, user),
    may: {
      create: writes && has('create'),
      edit: writes && has('edit'),
      archive: writes && has('archive'),
      import: writes && has('import'),
      export: has('export'),
      sensitive: hasPermission(user, SEE_SENSITIVE),
    },
  }
}

/** Files need something that keeps them, references something to point to: a hub may run without either. */
function isUsable({ kind, resource }: Field): boolean {
  if (kind === 'attachments') return attachmentSource() !== null
  return resource === undefined || findResource(resource) !== undefined
}

function actionsOf(shape: Shape, user: CurrentUser): ActionMeta[] {
  const { resource } = shape
  return Object.entries(resource.actions ?? {})
    .filter(([, action]) => hasPermission(user, action.permission ?? resource.permissions.write))
    .map(([name, action]) => ({
      name,
      label: action.label,
      tone: action.tone ?? 'neutral',
      bulk: action.bulk ?? true,
      fields: fieldsOfAction(action).map((field) => fieldMeta(shape, field)),
      confirm: action.confirm ?? null,
    }))
}

function fieldMeta(shape: Shape, field: Field): FieldMeta {
  const chosen = shape.choosable.get(field.name)
  const options = field.options?.filter(({ value }) => !chosen || chosen.has(value)) ?? null
  return {
    name: field.name,
    kind: field.kind,
    label: field.label,
    help: field.help ?? null,
    unit: field.unit ?? null,
    required: field.required ?? false,
    readOnly: field.readOnly,
    createOnly: field.createOnly ?? false,
    inList: field.list ?? false,
    sortable: field.sort ?? false,
    filterable: field.filter ?? false,
    searchable: field.search ?? false,
    maxLength: field.maxLength ?? (field.kind === 'text' ? 200 : field.kind === 'longText' ? 4_000 : null),
    scale: field.kind === 'decimal' || field.kind === 'money' ? (field.scale ?? 2) : null,
    min: field.min ?? null,
    max: field.max ?? null,
    options: options && [...options],
    resource: field.resource ?? null,
    default: field.default ?? null,
    ...(field.numbering === undefined ? {} : { numbered: true as const }),
    ...filesOf(field),
    section: field.section ?? null,
  }
}

function filesOf({ kind }: Field): Pick<FieldMeta, 'files'> {
  const source = kind === 'attachments' ? attachmentSource() : null
  return source ? { files: { ...source.limits } } : {}
}

export function nameOf({ name, path, page, label, inProject }: Resource) {
  return { name, path, page, label, inProject }
}
