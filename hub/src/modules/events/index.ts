/** What happened at devices: kept once, listed newest first. */
import type { HubModule } from '../../platform/module.ts'
import { addEventRoutes } from './events.routes.ts'
import './permissions.ts'
import './webhook-events.ts'

export { eventNewsOf } from './event-news.ts'
export { devicesOf, storeEvents, type NewEvent, type StoredEventRef } from './event-store.repository.ts'

export const eventsModule: HubModule = { name: 'events', routes: addEventRoutes }
