/** One household with bills, readings and news, made through the hub's public interface. */
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { lastMonth, localDay } from '../../demo/calendar.ts'
import { HubClient } from '../../demo/hub-client.ts'
import { issueBills } from '../../demo/steps/bills.ts'
import { readingsOf, TestGateway } from '../../hub/src/modules/telemetry/testing.ts'
import { root } from './processes.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

export interface PortalSite {
  readonly hub: HubClient
  readonly projectId: string
  readonly ownerPhone: string
  /** Of last month, as the readings give it. */
  readonly electricityAmount: string
  stop(): Promise<void>
}

/** Needs a hub without a project, and its one-time token. */
export async function makePortalSite(url: string, token: string): Promise<PortalSite> {
  const hub = new HubClient(url)
  await hub.setUp({ token, username: 'boss', displayName: '老板', password: 'not-a-secret-here' })
  const { id: projectId } = await hub.call('POST /api/projects', {
    body: { code: 'COURT', name: '梧桐苑', timeZone: 'Asia/Shanghai' },
  })
  const month = lastMonth(Date.now())
  const beginMs = lastMonth(month.fromMs - DAY_MS).toMs
  await makeEstate(hub, projectId, beginMs)
  const gateway = await sendReadings(hub, projectId, beginMs, month)
  const roomId = (await hub.list('/api/rooms', { projectId, q: '0301' }))[0]!.id
  const ownerPhone = '13800000301'
  await makePeople(hub, projectId, roomId, ownerPhone, beginMs)
  await makeNews(hub, projectId)
  const electricityAmount = await bill(hub, projectId, month.month)
  return { hub, projectId, ownerPhone, electricityAmount, stop: () => gateway.stop() }
}

async function makeEstate(hub: HubClient, projectId: string, beginMs: number): Promise<void> {
  const params = { id: projectId }
  const installed = new Date(beginMs - HOUR_MS).toISOString()
  const rooms = [
    'building,buildingName,room,kind,floor,areaM2,accountNumber,householdName,householdKind',
    '3,3 栋,0301,flat,3,89.5,3-0301,张伟,residential',
    '3,,0302,flat,3,89.5,3-0302,李娜,residential',
  ]
  const head =
    'code,name,medium,role,building,room,parent,serial,manufacturer,model,unit,scale,digits,multiplier,installedAt,initialIndex'
  const meters = [
    head,
    `E-0301,0301 电表,electricity,household,3,0301,,202600301,,,kWh,2,8,1,${installed},990`,
    `W-0301,0301 水表,water,household,3,0301,,W00301,,,m³,2,8,1,${installed},120`,
  ]
  await imported(hub.call('POST /api/projects/:id/rooms/import', { params, csv: rooms.join('\n') }))
  await imported(hub.call('POST /api/projects/:id/meters/import', { params, csv: meters.join('\n') }))
  const effectiveFrom = localDay(beginMs)
  for (const [code, zh, en, medium, unit] of [
    ['electricity', '电费', 'Electricity', 'electricity', 'kWh'],
    ['water', '水费', 'Water', 'water', 'm³'],
  ] as const) {
    await hub.call('POST /api/charge-items', { body: { projectId, code, label: { zh, en }, medium, unit } })
  }
  const tiers = [
    { upTo: '120', price: '0.4883' },
    { upTo: null, price: '0.5383' },
  ]
  const tiered = { kind: 'tiered', period: 'month', tiers } as const
  const flat = { kind: 'flat', price: '5' } as const
  await hub.call('POST /api/tariffs', {
    body: { projectId, code: 'ELEC', name: '居民阶梯电价', unit: 'kWh', effectiveFrom, rule: tiered },
  })
  await hub.call('POST /api/tariffs', {
    body: { projectId, code: 'WATER', name: '居民水价', unit: 'm³', effectiveFrom, rule: flat },
  })
  const assignments = [
    'accountNumber,item,meteringPoint,tariff,from',
    `3-0301,electricity,E-0301,ELEC,${effectiveFrom}`,
    `3-0301,water,W-0301,WATER,${effectiveFrom}`,
  ]
  const csv = assignments.join('\n')
  await imported(hub.call('POST /api/projects/:id/assignments/import', { params, csv }))
}

async function imported(result: Promise<{ errors: readonly object[] }>): Promise<void> {
  const { errors } = await result
  if (errors.length > 0) throw new Error(JSON.stringify(errors))
}

/** Electricity hour by hour over the gateway, with a gap in this month; water by hand at the ends of the months. */
async function sendReadings(
  hub: HubClient,
  projectId: string,
  beginMs: number,
  month: { month: string; fromMs: number; toMs: number },
): Promise<TestGateway> {
  const made = await hub.call('POST /api/gateways', { body: { projectId, name: '一号网关' } })
  const gateway = new TestGateway(
    await hub.call('POST /api/edge/enrol', { body: { token: made.token, agentVersion: '0.0.0-test' } }),
  )
  await gateway.connect()
  await gateway.sendCatalogue([{ key: 'meter1', serial: '202600301', points: [{ key: 'energy' }] }])
  const nowMs = Date.now()
  const reads: [number, number][] = []
  let index = 99_000
  for (let atMs = beginMs; atMs <= nowMs; atMs += HOUR_MS) {
    const hour = new Date(atMs + 8 * HOUR_MS).getUTCHours()
    const day = Math.floor((atMs - beginMs) / DAY_MS)
    index += (hour >= 18 && hour < 23 ? 52 : 14) + ((day * 7) % 11)
    reads.push([atMs, index])
  }
  for (let i = 0; i < reads.length; i += 500) {
    if ((await gateway.send(readingsOf('meter1/energy', reads.slice(i, i + 500)))) !== 'committed') {
      throw new Error('readings were not committed')
    }
  }
  const { items } = await hub.call('GET /api/metering-points', { query: { projectId, q: 'W-0301' } })
  const water = [
    [beginMs, '120.5'],
    [month.fromMs, '131.25'],
  ] as const
  for (const [atMs, value] of water) {
    const body = { at: new Date(atMs).toISOString(), index: value }
    await hub.call('POST /api/metering-points/:id/reads', { params: { id: items[0]!.id }, body })
  }
  await readWithPhoto(hub, projectId, items[0]!.id, { month: month.month, at: month.toMs, index: '143' })
  return gateway
}

/** As a phone sends it that was on a walk past the meter. */
async function readWithPhoto(
  hub: HubClient,
  projectId: string,
  meteringPointId: string,
  { month, at, index }: { month: string; at: number; index: string },
): Promise<void> {
  const assigneeId = (await hub.call('GET /api/auth/session')).user.id
  const route = await hub.call('POST /api/projects/:id/reading-routes', {
    params: { id: projectId },
    body: { name: '水表', dueDay: 25, assigneeId, pointIds: [meteringPointId] },
  })
  const task = await hub.call('POST /api/reading-routes/:id/tasks', {
    params: { id: route.id },
    body: { month, assigneeId },
  })
  const base64 = (await readFile(join(root, 'ui/static/staff-icon-512.png'))).toString('base64')
  const { sha256: photo } = await hub.call('POST /api/reading-photos', { body: { base64 } })
  const entry = {
    ...{ id: randomUUID(), taskId: task.id, meteringPointId, serial: 'W00301' },
    ...{ takenAt: new Date(at).toISOString(), index, unreadable: null, note: null, kept: false, photo },
  }
  const { outcome } = await hub.call('POST /api/reading-entries', {
    body: { entry, sentAt: new Date().toISOString() },
  })
  if (outcome !== 'stored') throw new Error(`the reading was ${outcome}`)
}

async function makePeople(
  hub: HubClient,
  projectId: string,
  roomId: string,
  phone: string,
  beginMs: number,
): Promise<void> {
  const party = await hub.create('/api/parties', { projectId, name: '张伟', kind: 'person', phone })
  const body = { partyId: party.id, role: 'owner', from: new Date(beginMs).toISOString() } as const
  await hub.call('POST /api/rooms/:id/roles', { params: { id: roomId }, body })
}

async function makeNews(hub: HubClient, projectId: string): Promise<void> {
  const shownFrom = new Date(Date.now() - DAY_MS).toISOString()
  const [building] = await hub.list('/api/buildings', { projectId })
  const news = [
    {
      title: '周三上午停水检修',
      text: '因二次供水水箱清洗，本周三 8:00–12:00 3 栋停水，请提前储水。\n如提前完成将尽早恢复。',
      important: true,
      audience: 'building',
      buildingId: building!.id,
    },
    { title: '冬季用电安全提醒', text: '请勿在楼道为电动车充电，离家时关闭取暖设备。', audience: 'all' },
  ]
  for (const one of news) await hub.create('/api/announcements', { projectId, shownFrom, ...one })
  await hub.create('/api/office-contacts', {
    projectId,
    name: '梧桐苑服务中心',
    telephone: '0571-8800 0301',
    hours: '每天 8:00–20:00',
    address: '3 栋一层大厅',
  })
}

/** @returns the amount of electricity */
async function bill(hub: HubClient, projectId: string, month: string): Promise<string> {
  const items = await hub.call('GET /api/charge-items', { query: { projectId } })
  const amounts = new Map<string, string>()
  for (const { id, code } of items) {
    const run = await issueBills(hub, projectId, id, month, Date.now() + 60_000)
    amounts.set(code, run.amount)
    await delay(50)
  }
  return amounts.get('electricity')!
}
