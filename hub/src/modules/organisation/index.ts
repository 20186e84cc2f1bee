/** The company as people see it: departments, posts, colleagues, and what roles allow. */
import type { HubModule } from '../../platform/module.ts'
import { addOrganisationRoutes } from './organisation.routes.ts'
import './permissions.ts'
import './reasons.ts'

export const organisationModule: HubModule = { name: 'organisation', routes: addOrganisationRoutes }
