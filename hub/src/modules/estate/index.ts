/** Projects, buildings, rooms and households. */
import './estate.search.ts'
import './permissions.ts'
import './reasons.ts'
export { estateModule } from './estate.routes.ts'
export { findProject, findWholeProject, listProjects, type Project } from './estate.service.ts'
export { findBuilding } from './floor-plan.service.ts'
export { requireOpen, roomScope } from './scope.ts'
export { lockEstate } from './room-import.repository.ts'
