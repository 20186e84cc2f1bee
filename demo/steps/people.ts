/** Owners and families of the simulated households, a floor plan, two vehicles, and a building that is handed over. */
import type { SectionRoom } from '@courtyard/protocols/contract'
import type { HubClient } from '../hub-client.ts'
import { planPicture } from './plan-picture.ts'

/** Common names; with the numbers 199 0000 nobody takes them for real people. */
const FAMILY = ['王芳', '李娜', '刘洋', '陈静', '杨帆', '赵敏', '黄磊', '周涛']

/** Looks at what is there and does only the rest: killed at any moment, it goes on. */
export async function ensurePeople(hub: HubClient, projectId: string, since: string): Promise<number> {
  const { buildings } = await hub.call('GET /api/projects/:id/structure', { params: { id: projectId } })
  let people = 0
  for (const { id } of buildings) {
    const { rooms } = await hub.call('GET /api/buildings/:id/section', { params: { id } })
    for (const room of rooms) {
      if (!room.household) continue
      people += 1
      if (room.owner === null) await addOwner(hub, projectId, room, people, since)
    }
  }
  const first = buildings[0]
  if (first) {
    await ensurePlan(hub, first.id)
    await ensureVehicles(hub, projectId, first.id)
  }
  await ensureHandover(hub, projectId)
  await ensureNews(hub, projectId)
  return people
}

/** Of the household that is `n`th. */
export const ownerPhone = (n: number) => `1990000${String(n).padStart(4, '0')}`

async function addOwner(
  hub: HubClient,
  projectId: string,
  room: SectionRoom,
  n: number,
  from: string,
): Promise<void> {
  const phone = ownerPhone(n)
  const owner = await ensureParty(hub, projectId, { name: room.household!.name, phone })
  const role = { params: { id: room.id } }
  if (n % 3 === 0) {
    const name = FAMILY[n % FAMILY.length]!
    const family = await ensureParty(hub, projectId, { name, phone: `1990001${String(n).padStart(4, '0')}` })
    await hub
      .call('POST /api/rooms/:id/roles', { ...role, body: { partyId: family, role: 'family', from } })
      .catch(isThere)
  }
  // Last: whoever has an owner is done
  await hub.call('POST /api/rooms/:id/roles', { ...role, body: { partyId: owner, role: 'owner', from } })
}

/** A role that was begun before the demo was killed. */
function isThere(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'input.invalid')) throw error
}

async function ensureParty(
  hub: HubClient,
  projectId: string,
  party: { name: string; phone: string },
): Promise<string> {
  const known = await hub.list('/api/parties', { projectId, q: party.phone })
  return known[0]?.id ?? (await hub.create('/api/parties', { projectId, ...party })).id
}

async function ensurePlan(hub: HubClient, buildingId: string): Promise<void> {
  const { rooms } = await hub.call('GET /api/buildings/:id/section', { params: { id: buildingId } })
  const floor = Math.max(...rooms.map((room) => room.floor ?? 0))
  const params = { id: buildingId, floor }
  const known = await hub.call('GET /api/buildings/:id/floor-plans/:floor', { params })
  if (floor < 1 || (known && known.shapes.length > 0)) return
  const onFloor = rooms.filter((room) => room.floor === floor)
  const { png, shapes } = planPicture(onFloor.length)
  const plan = await hub.call('PUT /api/buildings/:id/floor-plans/:floor/picture', {
    params,
    body: { base64: png.toString('base64') },
  })
  await hub.call('PUT /api/buildings/:id/floor-plans/:floor/shapes', {
    params,
    body: { version: plan.version, shapes: onFloor.map(({ id }, i) => ({ roomId: id, points: shapes[i]! })) },
  })
}

async function ensureVehicles(hub: HubClient, projectId: string, buildingId: string): Promise<void> {
  if ((await hub.list('/api/vehicles', { projectId })).length > 0) return
  const { rooms } = await hub.call('GET /api/buildings/:id/section', { params: { id: buildingId } })
  const homes = rooms.filter(({ owner }) => owner !== null).slice(0, 2)
  for (const [i, room] of homes.entries()) {
    const file = await hub.call('GET /api/rooms/:id/file', { params: { id: room.id } })
    const ownerId = file.people.find(({ role }) => role === 'owner')!.party.id
    const car =
      i === 0
        ? { plate: '浙A00001', description: '白色轿车' }
        : { plate: '浙AD00002', description: '蓝色电动车' }
    await hub.create('/api/vehicles', { projectId, ownerId, from: '2026-01-01', ...car })
  }
}

const NEW_BUILDING = { code: '9', name: '9栋（新交付）' }

/** Six rooms of a new building with an appointment for the first of them. */
async function ensureHandover(hub: HubClient, projectId: string): Promise<void> {
  const params = { id: projectId }
  await hub.call('POST /api/projects/:id/generations', {
    params,
    body: {
      buildings: { from: 9, to: 9, code: '{n}', name: NEW_BUILDING.name },
      units: { count: 1, name: '{n}单元' },
      floors: { from: 1, to: 3 },
      rooms: [{ areaM2: '89.50' }, { areaM2: '118.20' }],
      number: '{floor}{n:2}',
      deliveryState: 'toHandOver',
    },
  })
  if ((await hub.call('GET /api/projects/:id/handover-batches', { params })).length > 0) return
  const { buildings } = await hub.call('GET /api/projects/:id/structure', { params })
  const building = buildings.find(({ code }) => code === NEW_BUILDING.code)!
  const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()
  const batch = await hub.call('POST /api/buildings/:id/handover-batches', {
    params: { id: building.id },
    body: {
      name: '9栋交付',
      notice: '尊敬的业主：您的房屋已具备交付条件，请携带身份证和购房合同，按预约时间前来办理。',
      startsOn: day(0).slice(0, 10),
      endsOn: day(30).slice(0, 10),
      items: [
        { area: '客厅', text: '墙面地面平整无裂缝' },
        { area: '厨房', text: '给排水无渗漏' },
        { area: '卫生间', text: '防水闭水合格' },
        { area: '阳台', text: '栏杆牢固' },
      ],
    },
  })
  const first = batch.handovers[0]!
  const partyId = await ensureParty(hub, projectId, { name: '沈佳怡', phone: '19900029001' })
  const { version } = await hub.call('GET /api/handovers/:id', { params: { id: first.id } })
  const body = { version, at: day(2), partyId }
  await hub.call('POST /api/handovers/:id/appoint', { params: { id: first.id }, body })
}

/** What owners find in the portal beside their bills. */
async function ensureNews(hub: HubClient, projectId: string): Promise<void> {
  if ((await hub.list('/api/announcements', { projectId })).length === 0) {
    const shownFrom = new Date().toISOString()
    await hub.create('/api/announcements', {
      projectId,
      shownFrom,
      title: '冬季用电安全提醒',
      text: '请勿在楼道为电动车充电，离家时关闭取暖设备。\n发现线路异常请联系服务中心。',
      audience: 'all',
      important: true,
    })
  }
  if ((await hub.list('/api/office-contacts', { projectId })).length > 0) return
  await hub.create('/api/office-contacts', {
    projectId,
    name: '梧桐苑服务中心',
    telephone: '0571-0000 0000',
    hours: '每天 8:00–20:00',
    address: '1 栋一层大厅',
  })
}
