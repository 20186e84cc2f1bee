import type { RouteBody, TariffRule } from '@courtyard/protocols/contract'
import { toCsv } from '../csv.ts'
import type { HubClient } from '../hub-client.ts'
import type { SimulatedSite } from '../simulated-site.ts'
import { refuseErrors } from './estate.ts'

type NewItem = Omit<RouteBody<'POST /api/charge-items'>, 'projectId'>
type NewTariff = Omit<RouteBody<'POST /api/tariffs'>, 'projectId' | 'effectiveFrom'>

const ITEMS: readonly NewItem[] = [
  { code: 'electricity', label: { zh: '电费', en: 'Electricity' }, medium: 'electricity', unit: 'kWh' },
  { code: 'water', label: { zh: '水费', en: 'Water' }, medium: 'water', unit: 'm³' },
  { code: 'gas', label: { zh: '燃气费', en: 'Gas' }, medium: 'gas', unit: 'm³' },
]

/** Public price lists, except where the note says otherwise. */
export const residentialElectricity: TariffRule = {
  kind: 'tiered',
  period: 'month',
  tiers: [
    { upTo: '240', price: '0.4883' },
    { upTo: '400', price: '0.5383' },
    { upTo: null, price: '0.7883' },
  ],
}
export const commercialElectricity: TariffRule = {
  kind: 'timeOfUse',
  bands: [
    { band: 'peak', price: '1.1946' },
    { band: 'flat', price: '0.7520' },
    { band: 'valley', price: '0.3411' },
  ],
  windows: [
    { from: '00:00', to: '07:00', band: 'valley' },
    { from: '07:00', to: '10:00', band: 'flat' },
    { from: '10:00', to: '15:00', band: 'peak' },
    { from: '15:00', to: '18:00', band: 'flat' },
    { from: '18:00', to: '21:00', band: 'peak' },
    { from: '21:00', to: '23:00', band: 'flat' },
    { from: '23:00', to: '24:00', band: 'valley' },
  ],
}
export const residentialWater: TariffRule = {
  kind: 'tiered',
  period: 'year',
  tiers: [
    { upTo: '180', price: '5' },
    { upTo: '260', price: '7' },
    { upTo: null, price: '9' },
  ],
}

const TARIFFS: readonly NewTariff[] = [
  { code: 'ELEC-RES', name: '居民阶梯电价', unit: 'kWh', rule: residentialElectricity },
  { code: 'ELEC-TOU', name: '商业分时电价', unit: 'kWh', rule: commercialElectricity },
  { code: 'WATER-RES', name: '居民阶梯水价（年）', unit: 'm³', rule: residentialWater },
  {
    code: 'WATER-COM',
    name: '商业用水',
    unit: 'm³',
    rule: { kind: 'flat', price: '9' },
    note: '示例价格 example price',
  },
  {
    code: 'GAS-RES',
    name: '居民燃气',
    unit: 'm³',
    rule: { kind: 'flat', price: '3' },
    note: '示例价格 example price',
  },
]

/** Ids of the charge items by code; makes those that are missing. */
export async function ensureItems(hub: HubClient, projectId: string): Promise<Map<string, string>> {
  const known = await hub.call('GET /api/charge-items', { query: { projectId } })
  const ids = new Map(known.map((item) => [item.code, item.id]))
  for (const item of ITEMS) {
    if (ids.has(item.code)) continue
    ids.set(item.code, (await hub.call('POST /api/charge-items', { body: { ...item, projectId } })).id)
  }
  return ids
}

export async function ensureTariffs(hub: HubClient, projectId: string, effectiveFrom: string): Promise<void> {
  const known = await hub.call('GET /api/tariffs', { query: { projectId } })
  const codes = new Set(known.map((tariff) => tariff.code))
  for (const tariff of TARIFFS) {
    if (!codes.has(tariff.code)) {
      await hub.call('POST /api/tariffs', { body: { ...tariff, projectId, effectiveFrom } })
    }
  }
}

/** Who pays what by which meter: each household and shop for the meters of its own room. */
export function assignmentRows(site: SimulatedSite, from: string) {
  const tariffs = {
    household: { electricity: 'ELEC-RES', water: 'WATER-RES', gas: 'GAS-RES' },
    shop: { electricity: 'ELEC-TOU', water: 'WATER-COM', gas: 'GAS-RES' },
  }
  const accounts = new Map(
    [...site.households, ...site.shops].map((account) => [
      `${account.building}/${account.room}`,
      account.code,
    ]),
  )
  return site.meters.flatMap((meter) => {
    const accountNumber = accounts.get(`${meter.building}/${meter.room}`)
    if (!accountNumber || (meter.role !== 'household' && meter.role !== 'shop')) return []
    const tariff = tariffs[meter.role][meter.medium]
    return [{ accountNumber, item: meter.medium, meteringPoint: meter.key, tariff, from }]
  })
}

export async function importAssignments(
  hub: HubClient,
  projectId: string,
  site: SimulatedSite,
  from: string,
): Promise<void> {
  const options = { params: { id: projectId }, csv: toCsv(assignmentRows(site, from)) }
  refuseErrors('assignments', await hub.call('POST /api/projects/:id/assignments/import', options))
}
