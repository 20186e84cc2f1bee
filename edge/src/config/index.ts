export {
  formatConfigError,
  loadSiteConfig,
  parseSiteConfig,
  resolveManaged,
  SiteText,
  type ConfigOrigin,
  type LocalConfig,
  type SiteBus,
  type SiteConfig,
  type SiteDevice,
} from './load-config.ts'
export { configReference } from './reference.ts'
