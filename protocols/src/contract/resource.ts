/**
 * What a record-keeping resource is to a browser: its fields, what one may do with it, and how a list of it is asked
 * for. The hub serves this from one declaration per resource; the console draws tables and forms from it.
 */
import * as z from 'zod'

/** A text in the languages of the product. */
export const Words = z.object({ zh: z.string(), en: z.string() })
export type Words = z.infer<typeof Words>

/**
 * text, longText: string. integer: number. decimal, money: exact decimal as text. boolean. choice: one of `options`.
 * dictionary: code of an entry of the named dictionary. day: `2026-11-22`. instant: ISO 8601 UTC. reference: id when
 * written, `{ id, title }` when read. phone, identityNumber: text, masked for those who may not see it.
 * attachments: ids of files when written, `AttachmentRef[]` when read.
 */
export const FieldKind = z.enum([
  'text',
  'longText',
  'integer',
  'decimal',
  'money',
  'boolean',
  'choice',
  'dictionary',
  'day',
  'instant',
  'reference',
  'phone',
  'identityNumber',
  'attachments',
])
export type FieldKind = z.infer<typeof FieldKind>

/** How a state looks; always with its word. */
export const Tone = z.enum(['ok', 'attention', 'fault', 'unknown', 'neutral'])
export type Tone = z.infer<typeof Tone>

export const FieldOption = z.object({ value: z.string(), label: Words, tone: Tone.optional() })
export type FieldOption = z.infer<typeof FieldOption>

export const FieldMeta = z.object({
  /** Name in JSON; of a custom field `custom.<key>`. */
  name: z.string(),
  kind: FieldKind,
  label: Words,
  help: Words.nullable(),
  /** Shown small beside the value, `m²`. */
  unit: z.string().nullable(),
  required: z.boolean(),
  /** Never written by a person: computed or kept by the hub. */
  readOnly: z.boolean(),
  /** Written once, when the record is made. */
  createOnly: z.boolean(),
  /** A column of the list unless a view says otherwise. */
  inList: z.boolean(),
  sortable: z.boolean(),
  filterable: z.boolean(),
  searchable: z.boolean(),
  /** Most characters of a text. */
  maxLength: z.number().int().nullable(),
  /** Digits after the point of a decimal. */
  scale: z.number().int().nullable(),
  /** Limits of numbers (as text, inclusive). */
  min: z.string().nullable(),
  max: z.string().nullable(),
  /** Of choice and dictionary. */
  options: z.array(FieldOption).nullable(),
  /** Of a reference: name of the resource that it points to. */
  resource: z.string().nullable(),
  default: z.unknown(),
  /** Left empty, the hub gives the next number of the project. */
  numbered: z.literal(true).optional(),
  /** Of attachments: what can be uploaded; `accept` as a file control of HTML has it. */
  files: z.object({ mostBytes: z.number().int(), accept: z.string() }).optional(),
  /** Heading under which the form and the detail page show it. */
  section: Words.nullable(),
})
export type FieldMeta = z.infer<typeof FieldMeta>

/** Something that can be done with selected records beside editing and archiving. */
export const ActionMeta = z.object({
  name: z.string(),
  label: Words,
  tone: Tone,
  /** Whether it takes several records at once. */
  bulk: z.boolean(),
  /** Asked for before it runs. */
  fields: z.array(FieldMeta),
  /** Asked as a question before it runs; null: at once. */
  confirm: Words.nullable(),
})
export type ActionMeta = z.infer<typeof ActionMeta>

export const ResourceMeta = z.object({
  /** camelCase, singular: `lostItem`. */
  name: z.string(),
  /** Below `/api/`: `lost-items`. Its page in the console has the same path unless `page` says otherwise. */
  path: z.string(),
  /** Path of the console's page for lists, `/lost-items`; a record is at `<page>/<id>`. */
  page: z.string(),
  label: Words,
  /** Whether its records belong to one project each: then lists ask for one. */
  inProject: z.boolean(),
  /** Field that names a record in links and references. */
  titleField: z.string(),
  /** Field and direction, `-foundAt`. */
  defaultSort: z.string(),
  fields: z.array(FieldMeta),
  actions: z.array(ActionMeta),
  /** What the person who asks may do. */
  may: z.object({
    create: z.boolean(),
    edit: z.boolean(),
    archive: z.boolean(),
    import: z.boolean(),
    export: z.boolean(),
    /** See masked fields whole, somewhere at least. */
    sensitive: z.boolean(),
  }),
})
export type ResourceMeta = z.infer<typeof ResourceMeta>

/** `contains` looks for the characters; `between` is half-open `[from, to)`, each end may be null. */
export const FilterOperator = z.enum(['is', 'isNot', 'in', 'contains', 'between', 'isEmpty', 'isNotEmpty'])
export type FilterOperator = z.infer<typeof FilterOperator>

export const FilterValue = z.union([z.string(), z.number(), z.boolean(), z.null()])
/** One condition; all conditions of a list hold together. */
export const Condition = z.tuple([
  z.string(),
  FilterOperator,
  z.union([FilterValue, z.array(FilterValue).max(200)]).optional(),
])
export type Condition = z.infer<typeof Condition>

export const Conditions = z.array(Condition).max(20)

export const ResourceListQuery = z.object({
  /** Needed when the resource is kept per project, unless it is a look-up over all. */
  projectId: z.uuid().optional(),
  /** Words to search for: each must occur in one of the searchable fields. */
  q: z.string().trim().max(100).optional(),
  /** `Conditions` as JSON text. */
  where: z.string().max(4_000).optional(),
  sort: z.string().max(60).optional(),
  archived: z.enum(['no', 'only', 'all']).default('no'),
  limit: z.coerce.number().int().min(1).max(500).default(50),
  /** `next` of the page before. */
  cursor: z.string().max(600).optional(),
})
export type ResourceListQuery = z.infer<typeof ResourceListQuery>

export const Reference = z.object({ id: z.uuid(), title: z.string() })
export type Reference = z.infer<typeof Reference>

export const AttachmentRef = z.object({
  id: z.uuid(),
  name: z.string(),
  mediaType: z.string(),
  sizeBytes: z.number().int(),
  /** Present for images: `/api/attachments/:id/content?size=small`. */
  isImage: z.boolean(),
})
export type AttachmentRef = z.infer<typeof AttachmentRef>

/** A record: the standard members and one member per field (custom ones inside `custom`). */
export const ResourceRow = z.looseObject({
  id: z.uuid(),
  /** Counts edits; an edit names the one that it saw. */
  version: z.number().int(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  archivedAt: z.iso.datetime().nullable(),
  /** Fields shown masked to this person. */
  masked: z.array(z.string()),
  custom: z.record(z.string(), z.unknown()),
})
export type ResourceRow = z.infer<typeof ResourceRow>

export const ResourceList = z.object({
  items: z.array(ResourceRow),
  next: z.string().nullable(),
  /** Counted up to 10,000; `totalIsExact` is false beyond. */
  total: z.number().int(),
  totalIsExact: z.boolean(),
})
export type ResourceList = z.infer<typeof ResourceList>

/** Which records a bulk action takes: those named, or all that a list shows. */
export const Selection = z.union([
  z.object({ ids: z.array(z.uuid()).min(1).max(10_000) }),
  z.object({ list: ResourceListQuery.pick({ projectId: true, q: true, where: true, archived: true }) }),
])
export type Selection = z.infer<typeof Selection>

export const BulkBody = z.object({
  /** `edit`, `archive`, `restore`, or the name of an action of the resource. */
  action: z.string().max(40),
  selection: Selection,
  /** Changed fields of `edit`, or the answers to the action's fields. */
  values: z.record(z.string(), z.unknown()).default({}),
})
export const BulkResult = z.object({
  done: z.number().int(),
  refused: z.array(z.object({ id: z.uuid(), title: z.string(), reason: z.string() })),
})

export const HistoryEntry = z.object({
  id: z.string(),
  at: z.iso.datetime(),
  actor: z.string(),
  action: z.string(),
  /** Changed fields: value before and after, as shown to this person. */
  changes: z.array(z.object({ field: z.string(), before: z.unknown(), after: z.unknown() })),
})
export const HistoryPage = z.object({ items: z.array(HistoryEntry), next: z.string().nullable() })

export const SavedView = z.object({
  id: z.uuid(),
  resource: z.string(),
  name: z.string(),
  /** Seen by everybody who may read the resource. */
  shared: z.boolean(),
  mine: z.boolean(),
  q: z.string(),
  where: Conditions,
  sort: z.string(),
  archived: z.enum(['no', 'only', 'all']),
  columns: z.array(z.string()),
})
export type SavedView = z.infer<typeof SavedView>

// --- spreadsheet import ---

export const ImportState = z.enum([
  'uploaded',
  'checking',
  'checked',
  'running',
  'done',
  'failed',
  'undoing',
  'undone',
])
/** What becomes of a row whose key is in the database already. */
export const OnExisting = z.enum(['update', 'skip', 'refuse'])
export const ImportPlan = z.object({
  /** Column of the file → field of the resource; columns left out are not read. */
  mapping: z.record(z.string(), z.string()),
  onExisting: OnExisting.default('refuse'),
  /** `allOrNothing`: one bad row and nothing is stored. */
  badRows: z.enum(['allOrNothing', 'skip']).default('allOrNothing'),
})
export type ImportPlan = z.infer<typeof ImportPlan>

export const ResourceImport = z.object({
  id: z.uuid(),
  resource: z.string(),
  projectId: z.uuid().nullable(),
  fileName: z.string(),
  state: ImportState,
  /** Heads of the file's columns with the first cells below. */
  columns: z.array(z.object({ name: z.string(), samples: z.array(z.string()) })),
  plan: ImportPlan,
  rows: z.number().int(),
  /** Rows worked through in the present state. */
  progress: z.number().int(),
  bad: z.number().int(),
  created: z.number().int(),
  updated: z.number().int(),
  skipped: z.number().int(),
  /** Why it failed, in the reader's language. */
  failure: z.string().nullable(),
  createdAt: z.iso.datetime(),
  createdBy: z.string(),
  /** False when records were changed since, or somebody else's records depend on them. */
  canUndo: z.boolean(),
})
export type ResourceImport = z.infer<typeof ResourceImport>

export const ImportFault = z.object({
  /** As the spreadsheet counts, the head being row 1. */
  row: z.number().int(),
  column: z.string(),
  cell: z.string(),
  reason: z.string(),
})
export type ImportFault = z.infer<typeof ImportFault>
