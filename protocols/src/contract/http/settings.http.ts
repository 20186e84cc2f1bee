/** Settings of the installation and of projects; forms are made from what is told here. */
import * as z from 'zod'
import { Words } from '../resource.ts'
import { Id, Instant, type RouteTable } from './route.ts'

/** lines: several texts, one a line. timeOfDay: `02:30`. secret: written, never read. */
export const SettingKind = z.enum([
  'boolean',
  'integer',
  'number',
  'text',
  'longText',
  'choice',
  'lines',
  'timeOfDay',
  'timeZone',
  'secret',
])
export type SettingKind = z.infer<typeof SettingKind>

export const SettingField = z.object({
  key: z.string(),
  kind: SettingKind,
  label: Words,
  help: Words.nullable(),
  /** Beside the input, such as days. */
  unit: Words.nullable(),
  /** Empty is a value: nothing, no limit, off. */
  optional: z.boolean(),
  /** What empty means. */
  emptyMeans: Words.nullable(),
  minimum: z.number().nullable(),
  maximum: z.number().nullable(),
  maxLength: z.number().int().nullable(),
  choices: z.array(z.object({ value: z.string(), label: Words })),
})
export type SettingField = z.infer<typeof SettingField>

export const SettingsGroupView = z.object({
  key: z.string(),
  scope: z.enum(['hub', 'project']),
  label: Words,
  help: Words.nullable(),
  fields: z.array(SettingField),
  /** In force at the place that was asked for; secrets are null. */
  values: z.record(z.string(), z.unknown()),
  /** What counts there when nothing is set at this place. */
  inherited: z.record(z.string(), z.unknown()),
  /** Fields that are set at this place. */
  set: z.array(z.string()),
  /** Secret fields that have a value. */
  secrets: z.array(z.string()),
  /** 0: nothing was ever set at this place. An edit names the one that it saw. */
  version: z.number().int(),
  updatedAt: Instant.nullable(),
  updatedBy: z.string().nullable(),
})
export type SettingsGroupView = z.infer<typeof SettingsGroupView>

export const settingsRoutes = {
  'GET /api/settings': {
    summary: 'Settings of the installation; with a project those of the project',
    query: z.object({ projectId: Id.optional() }),
    response: z.array(SettingsGroupView),
  },
  'PUT /api/settings/:key': {
    summary: 'Change settings; what is not named stays',
    params: z.object({ key: z.string().max(60) }),
    body: z.object({
      /** Left out: of the installation; for settings of projects, of all that have none of their own. */
      projectId: Id.optional(),
      version: z.number().int().min(0),
      values: z.record(z.string().max(60), z.unknown()).default({}),
      /** Fields that go back to what is inherited. */
      reset: z.array(z.string().max(60)).max(50).default([]),
    }),
    response: SettingsGroupView,
  },
} as const satisfies RouteTable
