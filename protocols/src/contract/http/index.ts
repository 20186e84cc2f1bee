import type * as z from 'zod'
import { apiKeysRoutes } from './api-keys.http.ts'
import { attachmentsRoutes } from './attachments.http.ts'
import { archivesRoutes } from './archives.http.ts'
import { backupsRoutes } from './backups.http.ts'
import { callsRoutes } from './calls.http.ts'
import { chargingRoutes } from './charging.http.ts'
import { commandsRoutes } from './commands.http.ts'
import { estateRoutes } from './estate.http.ts'
import { estateStructureRoutes } from './estate-structure.http.ts'
import { eventsRoutes } from './events.http.ts'
import { fleetRoutes } from './fleet.http.ts'
import { handoverRoutes } from './handover.http.ts'
import { logsRoutes } from './logs.http.ts'
import { managerRoutes } from './manager.http.ts'
import { messagesRoutes } from './messages.http.ts'
import { meteringRoutes } from './metering.http.ts'
import { numberingRoutes } from './numbering.http.ts'
import { organisationRoutes } from './organisation.http.ts'
import { overviewRoutes } from './overview.http.ts'
import { partiesRoutes } from './parties.http.ts'
import { platformRoutes } from './platform.http.ts'
import { portalRoutes } from './portal.http.ts'
import { printingRoutes } from './printing.http.ts'
import { readingRoundsRoutes } from './reading-rounds.http.ts'
import { recordsRoutes } from './records.http.ts'
import { remindersRoutes } from './reminders.http.ts'
import { resourceRoutesOfAll } from './resource.http.ts'
import { searchRoutes } from './search.http.ts'
import { settingsRoutes } from './settings.http.ts'
import { telemetryRoutes } from './telemetry.http.ts'
import { webhooksRoutes } from './webhooks.http.ts'
import { workflowRoutes } from './workflow.http.ts'

export * from './attachments.http.ts'
export * from './api-keys.http.ts'
export * from './archives.http.ts'
export * from './backups.http.ts'
export * from './calls.http.ts'
export * from './charging.http.ts'
export * from './commands.http.ts'
export * from './estate.http.ts'
export * from './estate-structure.http.ts'
export * from './events.http.ts'
export * from './fleet.http.ts'
export * from './handover.http.ts'
export * from './logs.http.ts'
export * from './manager.http.ts'
export * from './messages.http.ts'
export * from './metering.http.ts'
export * from './numbering.http.ts'
export * from './organisation.http.ts'
export * from './overview.http.ts'
export * from './parties.http.ts'
export * from './platform.http.ts'
export * from './portal.http.ts'
export * from './printing.http.ts'
export * from './reading-rounds.http.ts'
export * from './records.http.ts'
export * from './reminders.http.ts'
export * from './resource.http.ts'
export * from './route.ts'
export * from './search.http.ts'
export * from './settings.http.ts'
export * from './telemetry.http.ts'
export * from './webhooks.http.ts'
export * from './workflow.http.ts'

export const apiRoutes = {
  ...platformRoutes,
  ...organisationRoutes,
  ...estateRoutes,
  ...estateStructureRoutes,
  ...partiesRoutes,
  ...handoverRoutes,
  ...callsRoutes,
  ...telemetryRoutes,
  ...meteringRoutes,
  ...chargingRoutes,
  ...overviewRoutes,
  ...managerRoutes,
  ...eventsRoutes,
  ...commandsRoutes,
  ...fleetRoutes,
  ...resourceRoutesOfAll,
  ...attachmentsRoutes,
  ...searchRoutes,
  ...portalRoutes,
  ...readingRoundsRoutes,
  ...recordsRoutes,
  ...workflowRoutes,
  ...messagesRoutes,
  ...remindersRoutes,
  ...logsRoutes,
  ...apiKeysRoutes,
  ...webhooksRoutes,
  ...settingsRoutes,
  ...backupsRoutes,
  ...archivesRoutes,
  ...numberingRoutes,
  ...printingRoutes,
} as const

export type ApiRoutes = typeof apiRoutes
export type RouteKey = keyof ApiRoutes

type SchemaOf<K extends RouteKey, P extends string> = ApiRoutes[K] extends { readonly [Q in P]: infer S }
  ? S
  : never

/** What a caller sends, before defaults are filled in. */
export type RouteParams<K extends RouteKey> = z.input<SchemaOf<K, 'params'> & z.ZodType>
export type RouteQuery<K extends RouteKey> = z.input<SchemaOf<K, 'query'> & z.ZodType>
export type RouteBody<K extends RouteKey> = z.input<SchemaOf<K, 'body'> & z.ZodType>
export type RouteResponse<K extends RouteKey> = z.output<SchemaOf<K, 'response'> & z.ZodType>
