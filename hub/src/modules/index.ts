import type { HubModule } from '../platform/module.ts'
import { accountsModule } from './accounts/index.ts'
import { chargingModule } from './charging/index.ts'
import { commandsModule } from './commands/index.ts'
import { estateModule } from './estate/index.ts'
import { eventsModule } from './events/index.ts'
import { fleetModule } from './fleet/index.ts'
import { gatewaysModule } from './gateways/index.ts'
import { meteringModule } from './metering/index.ts'
import { mirrorModule } from './mirror/index.ts'
import { overviewModule } from './overview/index.ts'
import { roomsModule } from './rooms/index.ts'
import { telemetryModule } from './telemetry/index.ts'

/**
 * The modules of the hub, in the order in which they start; they stop in reverse. The last two take messages in:
 * they come after all who listen to what they bring.
 */
export const modules: readonly HubModule[] = [
  accountsModule,
  estateModule,
  meteringModule,
  chargingModule,
  roomsModule,
  overviewModule,
  eventsModule,
  commandsModule,
  fleetModule,
  mirrorModule,
  telemetryModule,
  gatewaysModule,
]
