export { buildCatalogue } from './catalogue.ts'
export { parseEnrolLink } from './enrol-link.ts'
export { GatewayIdentity } from './gateway-identity.ts'
export { Uplink, type UplinkSnapshot } from './uplink.ts'
