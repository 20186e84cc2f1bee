/** Projects, buildings, rooms and households. */
import './reasons.ts'
export { estateModule } from './estate.routes.ts'
export { findProject, listProjects, type Project } from './estate.service.ts'
