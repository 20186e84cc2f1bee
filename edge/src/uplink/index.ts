export { buildCatalogue } from './catalogue.ts'
export { Uplink, type UplinkSnapshot } from './uplink.ts'
