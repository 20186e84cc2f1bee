/** People and organisations, what they are to rooms, and the page of an account. */
import type { HubModule } from '../../platform/module.ts'
import { addPartyRoutes } from './parties.routes.ts'
import { partyRoleResource } from './party-role.resource.ts'
import { partyResource } from './party.resource.ts'
import { vehicleResource } from './vehicle.resource.ts'
import './errors.ts'
import './permissions.ts'
import './reasons.ts'

export const partiesModule: HubModule = {
  name: 'parties',
  resources: [partyResource, partyRoleResource, vehicleResource],
  routes: addPartyRoutes,
}

export { findHousehold, findParty, findRoom, opensAny } from './access.ts'
export { addRole, changeHousehold, householdOf, tellOfRoles } from './changes.service.ts'
export { endRole, insertKeys, rolePeriods, setPayer, staysOf } from './changes.repository.ts'
export { partyPlace, roomPlace, type LocatedRoom } from './files.repository.ts'
export { addNote } from './notes.service.ts'
export { registerHouseholdPanel, type HouseholdPanel } from './panels.ts'
