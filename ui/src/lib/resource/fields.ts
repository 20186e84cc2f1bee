/** What a field's metadata says about showing it; nothing here knows a component. */
import type {
  FieldMeta,
  FieldOption,
  Reference,
  ResourceMeta,
  ResourceRow,
} from '@courtyard/protocols/contract'

const CUSTOM = 'custom.'

/** Value of a field in a record; custom fields lie one level deeper. */
export function valueOf(row: ResourceRow, name: string): unknown {
  return name.startsWith(CUSTOM) ? row.custom[name.slice(CUSTOM.length)] : row[name]
}

export function fieldOf(meta: ResourceMeta, name: string): FieldMeta | undefined {
  return meta.fields.find((field) => field.name === name)
}

/** The words that name a record. */
export function titleOf(meta: ResourceMeta, row: ResourceRow): string {
  const value = valueOf(row, meta.titleField)
  if (isReference(value)) return value.title
  return value === null || value === undefined || value === '' ? row.id.slice(0, 8) : String(value)
}

/** The field that says how a record stands: the first choice whose options have tones. */
export function stateField(meta: ResourceMeta): FieldMeta | undefined {
  return meta.fields.find((field) => field.options?.some((option) => option.tone !== undefined) ?? false)
}

export function optionOf(field: FieldMeta, value: unknown): FieldOption | undefined {
  return field.options?.find((option) => option.value === value)
}

export function isReference(value: unknown): value is Reference {
  return typeof value === 'object' && value !== null && 'id' in value && 'title' in value
}

/** Fine scales are for what needs them: `60.0000` of a share is 60, `89.50` of an area stays. */
export function decimalText(field: FieldMeta, value: unknown): string {
  const text = String(value)
  return (field.scale ?? 2) > 2 && text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

export function isEmptyValue(value: unknown): boolean {
  return value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
}

/** Columns that a list shows unless told otherwise: the title first, then those declared for it. */
export function defaultColumns(meta: ResourceMeta): string[] {
  const shown = meta.fields.filter((field) => field.inList && field.name !== meta.titleField)
  return [...(fieldOf(meta, meta.titleField) ? [meta.titleField] : []), ...shown.map((field) => field.name)]
}

const numeric = new Set<FieldMeta['kind']>(['integer', 'decimal', 'money'])
export const isNumeric = (field: FieldMeta): boolean => numeric.has(field.kind)

/** Width of a column in px; texts share what is left. */
export function columnWidth(field: FieldMeta): number {
  switch (field.kind) {
    case 'integer':
    case 'boolean':
      return 90
    case 'decimal':
    case 'money':
      return 120
    case 'day':
    case 'choice':
    case 'dictionary':
      return 120
    case 'instant':
      return 150
    case 'phone':
      return 130
    case 'identityNumber':
      return 180
    case 'attachments':
      return 90
    case 'longText':
      return 260
    case 'text':
    case 'reference':
      return 180
  }
}

/** Fields under their headings, in the order of the declaration; those without one come first under null. */
export function sectionsOf<T extends Pick<FieldMeta, 'section'>>(
  fields: readonly T[],
): { section: T['section']; fields: T[] }[] {
  const groups: { section: T['section']; fields: T[] }[] = []
  for (const field of fields) {
    const group = groups.find(({ section }) => section?.en === field.section?.en)
    if (group) group.fields.push(field)
    else groups.push({ section: field.section, fields: [field] })
  }
  return groups.sort((a, b) => Number(a.section !== null) - Number(b.section !== null))
}
