export {
  formatConfigError,
  loadSiteConfig,
  parseSiteConfig,
  type SiteBus,
  type SiteConfig,
  type SiteDevice,
} from './load-config.ts'
export { configReference } from './reference.ts'
