/** Dictionaries and custom fields: what an operator adds to records without a programmer. */
import * as z from 'zod'
import { Words } from '../resource.ts'
import { Done, Id, idParams, type RouteTable } from './route.ts'

const Code = z.string().regex(/^[a-z][\w-]{0,39}$/i)
const Labels = z.object({ zh: z.string().trim().min(1).max(60), en: z.string().trim().min(1).max(60) })

export const DictionaryEntry = z.object({
  id: z.uuid(),
  /** Written into records; never changes. */
  code: z.string(),
  label: Words,
  /** Place in lists, from 0. */
  position: z.number().int(),
  /** An inactive entry stays in old records and can't be chosen any more. */
  active: z.boolean(),
  /** Null: of all projects. */
  projectId: z.uuid().nullable(),
})
export type DictionaryEntry = z.infer<typeof DictionaryEntry>

export const Dictionary = z.object({
  code: z.string(),
  label: Words,
  /** Came with the product: its name stays, entries may be added and put out of use. */
  builtIn: z.boolean(),
  entries: z.array(DictionaryEntry),
})
export type Dictionary = z.infer<typeof Dictionary>

export const CustomFieldKind = z.enum([
  'text',
  'integer',
  'decimal',
  'boolean',
  'choice',
  'day',
  'dictionary',
])
export type CustomFieldKind = z.infer<typeof CustomFieldKind>

const customFieldSettings = {
  label: Labels,
  required: z.boolean().default(false),
  /** A column of the list. */
  inList: z.boolean().default(false),
  /** Of `choice`: values in their order. A value in use that is left out stays readable. */
  options: z
    .array(z.object({ value: z.string().trim().min(1).max(60), label: Labels }))
    .max(100)
    .default([]),
  position: z.number().int().min(0).max(1_000).default(0),
  /** An inactive field is neither shown nor asked for; its values are kept. */
  active: z.boolean().default(true),
}
const customFieldIdentity = {
  resource: z.string().max(60),
  /** Name inside `custom`; never changes. */
  key: z.string().regex(/^[a-z]\w{0,39}$/i),
  kind: CustomFieldKind,
  /** Of `dictionary`: its code. */
  dictionary: z.string().nullable().default(null),
}
export const CustomField = z.object({
  id: z.uuid(),
  version: z.number().int(),
  ...customFieldIdentity,
  ...customFieldSettings,
})
export type CustomField = z.infer<typeof CustomField>

export const recordsRoutes = {
  'GET /api/dictionaries': {
    summary: 'Dictionaries with their entries; with a project also its own',
    query: z.object({ projectId: Id.optional() }),
    response: z.array(Dictionary),
  },
  'POST /api/dictionaries': {
    summary: 'Make a dictionary',
    body: z.object({ code: Code, label: Labels }),
    response: Dictionary,
  },
  'PUT /api/dictionaries/:code': {
    summary: 'Rename a dictionary and put its entries into this order',
    params: z.object({ code: Code }),
    body: z.object({ label: Labels, order: z.array(Id).max(1_000).default([]) }),
    response: Dictionary,
  },
  'POST /api/dictionaries/:code/entries': {
    summary: 'Add an entry',
    params: z.object({ code: Code }),
    body: z.object({ code: Code, label: Labels, projectId: Id.nullable().default(null) }),
    response: DictionaryEntry,
  },
  'PUT /api/dictionary-entries/:id': {
    summary: 'Rename an entry or put it out of use',
    params: idParams,
    body: z.object({ label: Labels, active: z.boolean() }),
    response: DictionaryEntry,
  },
  'GET /api/custom-fields': {
    summary: 'Custom fields of a resource, inactive ones too',
    query: z.object({ resource: z.string().max(60) }),
    response: z.array(CustomField),
  },
  'POST /api/custom-fields': {
    summary: 'Add a field to a resource',
    body: z.object({ ...customFieldIdentity, ...customFieldSettings }),
    response: CustomField,
  },
  'PUT /api/custom-fields/:id': {
    summary: 'Change a field; 409 when `version` is not the newest',
    params: idParams,
    body: z.object({ version: z.number().int(), ...customFieldSettings }),
    response: CustomField,
  },
  'DELETE /api/custom-fields/:id': {
    summary: 'Remove a field that no record has a value of',
    params: idParams,
    response: Done,
  },
} as const satisfies RouteTable
