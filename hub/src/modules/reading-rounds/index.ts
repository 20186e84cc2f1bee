/** Walks past meters that people read: planned in the office, walked with a phone, also where there is no network. */
import type { HubModule } from '../../platform/module.ts'
import { addReadingRoutes } from './reading-rounds.routes.ts'
import './permissions.ts'
import './reasons.ts'

export const readingRoundsModule: HubModule = { name: 'reading-rounds', routes: addReadingRoutes }
