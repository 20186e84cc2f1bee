export { ConfigSource, leaveHubConfig } from './config-source.ts'
export { Fleet } from './fleet.ts'
