import type { RouteResponse } from '@courtyard/protocols/contract'
import { call } from '#lib/api/client.ts'
import { label, money } from '#lib/format/index.svelte.ts'
import { session } from '#lib/state/session.svelte.ts'
import { places } from './navigation.ts'
import { m } from '#lib/paraglide/messages.js'

export interface Hit {
  readonly key: string
  readonly group: string
  readonly text: string
  readonly note: string
  readonly href: string
}

/** Pages whose name holds the words; all of them for no words. */
export function pageHits(words: string): Hit[] {
  const wanted = words.toLowerCase()
  return places
    .filter((place) => place.permission === null || session.may(place.permission))
    .map((place) => ({
      key: place.href,
      group: m.palette_pages(),
      text: place.text(),
      note: '',
      href: place.href,
    }))
    .filter((hit) => hit.text.toLowerCase().includes(wanted))
}

let deviceCache:
  { projectId: string; at: number; devices: Promise<RouteResponse<'GET /api/devices'>> } | undefined

/** Devices come as one list; it is kept for a minute, so that typing does not ask again and again. */
function devicesOf(projectId: string): Promise<RouteResponse<'GET /api/devices'>> {
  if (deviceCache?.projectId !== projectId || Date.now() - deviceCache.at > 60_000)
    deviceCache = { projectId, at: Date.now(), devices: call('GET /api/devices', { query: { projectId } }) }
  return deviceCache.devices
}

const few = { page: 1, pageSize: 6 }

/** What the hub finds: metering points, households, bills, devices; parts that fail are left out. */
export async function searchHub(q: string, signal: AbortSignal): Promise<Hit[]> {
  const projectId = session.projectId
  const searches: Promise<Hit[]>[] = []
  if (session.may('metering.read')) searches.push(searchPoints(projectId, q, signal))
  if (session.may('estate.read')) searches.push(searchHouseholds(projectId, q, signal))
  if (session.may('charging.read')) searches.push(searchBills(projectId, q, signal))
  if (session.may('devices.read')) searches.push(searchDevices(projectId, q))
  const settled = await Promise.allSettled(searches)
  return settled.flatMap((result) => (result.status === 'fulfilled' ? result.value : []))
}

async function searchPoints(projectId: string, q: string, signal: AbortSignal): Promise<Hit[]> {
  const { items } = await call('GET /api/metering-points', { query: { projectId, q, ...few }, signal })
  return items.map((point) => ({
    key: point.id,
    group: m.nav_meters(),
    text: point.name,
    note: [point.code, point.household?.name].filter(Boolean).join(' · '),
    href: `/meters/${point.id}`,
  }))
}

async function searchHouseholds(projectId: string, q: string, signal: AbortSignal): Promise<Hit[]> {
  const { items } = await call('GET /api/projects/:id/households', {
    params: { id: projectId },
    query: { q, ...few },
    signal,
  })
  return items.map((household) => ({
    key: household.id,
    group: m.estate_households(),
    text: household.name,
    note: [household.accountNumber, ...household.rooms.map((room) => `${room.building} · ${room.code}`)].join(
      ' · ',
    ),
    href: `/estate?tab=households&q=${encodeURIComponent(household.accountNumber)}`,
  }))
}

async function searchBills(projectId: string, q: string, signal: AbortSignal): Promise<Hit[]> {
  const { items } = await call('GET /api/bills', {
    query: { projectId, q, status: 'issued', ...few },
    signal,
  })
  return items.map((bill) => ({
    key: bill.id,
    group: m.nav_bills(),
    text: bill.number ?? bill.household.name,
    note: `${bill.household.name} · ${label(bill.item.label)} · ${bill.month} · ${money(bill.amount)}`,
    href: `/bills/${bill.id}`,
  }))
}

async function searchDevices(projectId: string, q: string): Promise<Hit[]> {
  const devices = await devicesOf(projectId)
  const wanted = q.toLowerCase()
  return devices
    .filter((device) => `${device.name} ${device.serial} ${device.address}`.toLowerCase().includes(wanted))
    .slice(0, few.pageSize)
    .map((device) => ({
      key: device.id,
      group: m.nav_devices(),
      text: device.name,
      note: `${device.model} · ${device.address}`,
      href: `/devices/${device.id}`,
    }))
}
