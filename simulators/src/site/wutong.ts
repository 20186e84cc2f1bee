/** 梧桐苑: three buildings of fourteen flats, six shops, lifts, pumps, and the meters of all of it. */
import type { DeviceProfile } from '@courtyard/protocols/profile'
import { chance, hash32, streamOf } from '../random.ts'
import type { Account, LoadProfile, MeterRole, Room, SimulatedMeter, Site } from './site.types.ts'

const NANO = 1_000_000_000
const BUILDINGS = ['1', '2', '3']
const TRADES = ['便利店', '早餐店', '理发店', '药店', '水果店', '洗衣店']
/** Average day: the first figure and what chance may add, in kWh or m³. */
const SHOP_KWH = { 便利店: 62, 早餐店: 48, 理发店: 36, 药店: 30, 水果店: 44, 洗衣店: 70 } as Record<
  string,
  number
>
const SHOP_WATER = { 便利店: 0.25, 早餐店: 1.3, 理发店: 1.1, 药店: 0.15, 水果店: 0.5, 洗衣店: 2.4 } as Record<
  string,
  number
>

export function buildWutongCourt(seed: number, profiles: ReadonlyMap<string, DeviceProfile>): Site {
  const rooms = [...BUILDINGS.flatMap((building) => flatsOf(seed, building)), ...shopRooms(seed)]
  const households = rooms.filter((room) => room.kind === 'household').map((room) => householdOf(seed, room))
  const shops = rooms.filter((room) => room.kind === 'shop').map((room, i) => shopOf(room, TRADES[i]!))
  const wiring = new Wiring(seed, profiles)
  for (const household of households) wireHousehold(wiring, household)
  for (const shop of shops) wireShop(wiring, shop)
  for (const building of BUILDINGS) wireBuilding(wiring, building)
  wirePlant(wiring)
  return {
    seed,
    project: { code: 'WTY', name: '梧桐苑', nameEn: 'Wutong Court', timeZone: 'Asia/Shanghai' },
    buildings: BUILDINGS.map((code) => ({ code, name: `${code}栋`, floors: 7 })),
    rooms,
    households,
    shops,
    endpoints: [...BUILDINGS.flatMap((b) => [`b${b}-electricity`, `b${b}-pulse`]), 'shops', 'plant'],
    meters: wiring.meters,
  }
}

function flatsOf(seed: number, building: string): Room[] {
  return [1, 2, 3, 4, 5, 6, 7].flatMap((floor) =>
    ['01', '02'].map((door) => {
      const code = `${floor}${door}`
      const area = 72 + (hash32(streamOf(seed, `area ${building}-${code}`), 0) % 7200) / 100
      return { building, code, kind: 'household' as const, floor, area: area.toFixed(2) }
    }),
  )
}

function shopRooms(seed: number): Room[] {
  return TRADES.map((_, i) => {
    const code = `S0${i + 1}`
    const area = 38 + (hash32(streamOf(seed, `area ${code}`), 0) % 9000) / 100
    return { building: '1', code, kind: 'shop' as const, floor: 1, area: area.toFixed(2) }
  })
}

function householdOf(seed: number, room: Room): Account {
  const stream = streamOf(seed, `household ${room.building}-${room.code}`)
  const vacant = chance(stream, 1) < 0.1
  return {
    code: `${room.building}-${room.code}`,
    name: `${room.building}栋${room.code}户`,
    building: room.building,
    room: room.code,
    residents: vacant ? 0 : 1 + (hash32(stream, 2) % 5),
    vacant,
  }
}

function shopOf(room: Room, trade: string): Account & { trade: string } {
  const { building, code } = room
  return {
    code: `${building}-${code}`,
    name: `${code} ${trade}`,
    building,
    room: code,
    residents: 0,
    vacant: false,
    trade,
  }
}

interface Placement {
  readonly key: string
  readonly name: string
  readonly profile: string
  readonly role: MeterRole
  readonly building?: string
  readonly room?: string
  readonly parent?: string
  readonly endpoint: string
}

/** Hands out unit ids and serial numbers as meters are put in. */
class Wiring {
  readonly meters: SimulatedMeter[] = []
  readonly seed: number
  private readonly profiles: ReadonlyMap<string, DeviceProfile>
  private readonly unitIds = new Map<string, number>()

  constructor(seed: number, profiles: ReadonlyMap<string, DeviceProfile>) {
    this.seed = seed
    this.profiles = profiles
  }

  stream(name: string): number {
    return streamOf(this.seed, name)
  }

  consumer(placement: Placement, shape: LoadProfile['shape'], perDay: number, vacant = false): void {
    // Nobody's consumption is a round number.
    const spread = 0.85 + 0.3 * chance(this.stream(placement.key), 3)
    const load = { shape, perDay: Math.round(perDay * spread * NANO), vacant }
    this.put(placement, { kind: 'load', load })
  }

  total(placement: Placement): void {
    const lossPermille = 11 + (hash32(this.stream(placement.key), 4) % 14)
    this.put(placement, { kind: 'sum', lossPermille })
  }

  private put(placement: Placement, source: SimulatedMeter['source']): void {
    const profile = this.profiles.get(placement.profile)
    if (!profile) throw new Error(`no profile ${placement.profile}`)
    const unitId = (this.unitIds.get(placement.endpoint) ?? 0) + 1
    this.unitIds.set(placement.endpoint, unitId)
    const stream = this.stream(placement.key)
    this.meters.push({
      key: placement.key,
      serial: `22${String(hash32(stream, 5) % 1_000_000).padStart(6, '0')}${String(this.meters.length + 1).padStart(4, '0')}`,
      name: placement.name,
      medium: profile.medium,
      profile,
      role: placement.role,
      building: placement.building ?? null,
      room: placement.room ?? null,
      parent: placement.parent ?? null,
      endpoint: placement.endpoint,
      unitId,
      initialIndex: (hash32(stream, 6) % 40_000) * (NANO / 100),
      source,
    })
  }
}

function wireHousehold(wiring: Wiring, household: Account): void {
  const { building, room, residents, vacant } = household
  const base = { role: 'household' as const, building, room }
  const key = `b${building}-${room.padStart(4, '0')}`
  const name = `${building}栋${room}`
  wiring.consumer(
    {
      ...base,
      key: `${key}-e`,
      name: `${name} 电表`,
      profile: building === '3' ? 'chint-dtsu666' : 'eastron-sdm630',
      parent: `b${building}-total-e`,
      endpoint: `b${building}-electricity`,
    },
    'home',
    2.6 + 1.7 * Math.max(residents, 1),
    vacant,
  )
  const pulse = { ...base, endpoint: `b${building}-pulse` }
  wiring.consumer(
    {
      ...pulse,
      key: `${key}-w`,
      name: `${name} 水表`,
      profile: 'pulse-counter-water',
      parent: `b${building}-total-w`,
    },
    'homeWater',
    0.04 + 0.12 * Math.max(residents, 1),
    vacant,
  )
  if (building !== '3') return
  const gas = { ...pulse, key: `${key}-g`, name: `${name} 燃气表`, profile: 'pulse-counter-gas' }
  wiring.consumer(gas, 'homeGas', 0.25 + 0.12 * Math.max(residents, 1), vacant)
}

function wireShop(wiring: Wiring, shop: Account & { trade: string }): void {
  const { building, room, trade } = shop
  const key = `b${building}-${room.toLowerCase()}`
  const base = { role: 'shop' as const, building, room, endpoint: 'shops' }
  const parent = `b${building}-total`
  wiring.consumer(
    {
      ...base,
      key: `${key}-e`,
      name: `${room} ${trade} 电表`,
      profile: 'acrel-adw300',
      parent: `${parent}-e`,
    },
    'shop',
    SHOP_KWH[trade]!,
  )
  wiring.consumer(
    {
      ...base,
      key: `${key}-w`,
      name: `${room} ${trade} 水表`,
      profile: 'pulse-counter-water',
      parent: `${parent}-w`,
    },
    'shopWater',
    SHOP_WATER[trade]!,
  )
}

function wireBuilding(wiring: Wiring, building: string): void {
  const b = `b${building}`
  const name = `${building}栋`
  const parent = `${b}-total-e`
  const lighting = {
    key: `${b}-lighting-e`,
    name: `${name}公共照明 电表`,
    profile: 'eastron-sdm630',
    role: 'lighting' as const,
  }
  wiring.consumer({ ...lighting, building, parent, endpoint: `${b}-electricity` }, 'lighting', 14)
  const lift = {
    key: `${b}-lift-e`,
    name: `${name}电梯 电表`,
    profile: 'chint-dtsu666',
    role: 'lift' as const,
  }
  wiring.consumer({ ...lift, building, parent, endpoint: 'plant' }, 'lift', 22)
  const total = { role: 'buildingTotal' as const, building }
  wiring.total({
    ...total,
    key: parent,
    name: `${name}总电表`,
    profile: 'acrel-adw300',
    parent: 'site-total-e',
    endpoint: `${b}-electricity`,
  })
  const water = { ...total, key: `${b}-total-w`, name: `${name}总水表`, profile: 'pulse-counter-water' }
  wiring.total({ ...water, endpoint: `${b}-pulse` })
}

function wirePlant(wiring: Wiring): void {
  const plant = { profile: 'acrel-adw300', endpoint: 'plant' }
  for (const number of [1, 2]) {
    const pump = {
      key: `pump-${number}-e`,
      name: `${number}号水泵 电表`,
      role: 'pump' as const,
      parent: 'site-total-e',
    }
    wiring.consumer({ ...plant, ...pump }, 'pump', number === 1 ? 46 : 31)
  }
  wiring.total({ ...plant, key: 'site-total-e', name: '小区总电表', role: 'siteTotal' })
}
