import type { HubModule } from '../platform/module.ts'
import { accountsModule } from './accounts/index.ts'
import { attachmentsModule } from './attachments/index.ts'
import { callsModule } from './calls/index.ts'
import { chargingModule } from './charging/index.ts'
import { commandsModule } from './commands/index.ts'
import { estateModule } from './estate/index.ts'
import { eventsModule } from './events/index.ts'
import { fleetModule } from './fleet/index.ts'
import { gatewaysModule } from './gateways/index.ts'
import { integrationsModule } from './integrations/index.ts'
import { logsModule } from './logs/index.ts'
import { lostAndFoundModule } from './lost-and-found/index.ts'
import { handoverModule } from './handover/index.ts'
import { managerModule } from './manager/index.ts'
import { meteringModule } from './metering/index.ts'
import { mirrorModule } from './mirror/index.ts'
import { notificationsModule } from './notifications/index.ts'
import { operationsModule } from './operations/index.ts'
import { numberingModule } from './numbering/index.ts'
import { organisationModule } from './organisation/index.ts'
import { overviewModule } from './overview/index.ts'
import { partiesModule } from './parties/index.ts'
import { remindersModule } from './reminders/index.ts'
import { roomsModule } from './rooms/index.ts'
import { printingModule } from './printing/index.ts'
import { portalModule } from './portal/index.ts'
import { readingRoundsModule } from './reading-rounds/index.ts'
import { recordsModule } from './records/index.ts'
import { searchModule } from './search/index.ts'
import { telemetryModule } from './telemetry/index.ts'
import { workflowModule } from './workflow/index.ts'

/**
 * The modules of the hub, in the order in which they start; they stop in reverse. The last two take messages in:
 * they come after all who listen to what they bring.
 */
export const modules: readonly HubModule[] = [
  accountsModule,
  logsModule,
  notificationsModule,
  workflowModule,
  organisationModule,
  operationsModule,
  estateModule,
  recordsModule,
  numberingModule,
  printingModule,
  attachmentsModule,
  lostAndFoundModule,
  meteringModule,
  readingRoundsModule,
  chargingModule,
  roomsModule,
  partiesModule,
  handoverModule,
  portalModule,
  callsModule,
  remindersModule,
  integrationsModule,
  overviewModule,
  managerModule,
  searchModule,
  eventsModule,
  commandsModule,
  fleetModule,
  mirrorModule,
  telemetryModule,
  gatewaysModule,
]
