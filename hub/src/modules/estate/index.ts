/** Projects, buildings, rooms and households. */
export { estateModule } from './estate.routes.ts'
export { findProject, listProjects, type Project } from './estate.service.ts'
