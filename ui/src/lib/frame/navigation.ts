import Car from '@lucide/svelte/icons/car'
import ClipboardCheck from '@lucide/svelte/icons/clipboard-check'
import DoorClosed from '@lucide/svelte/icons/door-closed'
import Hammer from '@lucide/svelte/icons/hammer'
import House from '@lucide/svelte/icons/house'
import Phone from '@lucide/svelte/icons/phone'
import Users from '@lucide/svelte/icons/users'
import BookUser from '@lucide/svelte/icons/book-user'
import BellRing from '@lucide/svelte/icons/bell-ring'
import Building2 from '@lucide/svelte/icons/building-2'
import ChartNoAxesCombined from '@lucide/svelte/icons/chart-no-axes-combined'
import Cpu from '@lucide/svelte/icons/cpu'
import DoorOpen from '@lucide/svelte/icons/door-open'
import Footprints from '@lucide/svelte/icons/footprints'
import Gauge from '@lucide/svelte/icons/gauge'
import LayoutDashboard from '@lucide/svelte/icons/layout-dashboard'
import ListChecks from '@lucide/svelte/icons/list-checks'
import Megaphone from '@lucide/svelte/icons/megaphone'
import PackageSearch from '@lucide/svelte/icons/package-search'
import ReceiptText from '@lucide/svelte/icons/receipt-text'
import Router from '@lucide/svelte/icons/router'
import Send from '@lucide/svelte/icons/send'
import Settings from '@lucide/svelte/icons/settings'
import Tags from '@lucide/svelte/icons/tags'
import type { PermissionName } from '#lib/state/session.svelte.ts'
import { m } from '#lib/paraglide/messages.js'

export interface Place {
  readonly href: string
  readonly text: () => string
  readonly icon: typeof Gauge
  readonly permission: PermissionName | null
  /** Shown in the bottom bar of a phone. */
  readonly phone: boolean
}
interface Group {
  readonly text: (() => string) | null
  readonly places: readonly Place[]
}

/** The map of the console; only pages that exist. */
export const groups: readonly Group[] = [
  {
    text: null,
    places: [
      { href: '/', text: m.nav_overview, icon: LayoutDashboard, permission: 'metering.read', phone: true },
      {
        href: '/manager',
        text: m.mgr_nav,
        icon: ChartNoAxesCombined,
        permission: 'manager.read',
        phone: false,
      },
      { href: '/tasks', text: m.wf_nav_tasks, icon: ListChecks, permission: null, phone: true },
      { href: '/reminders', text: m.rem_nav, icon: BellRing, permission: null, phone: false },
    ],
  },
  {
    text: m.nav_devices_group,
    places: [
      { href: '/devices', text: m.nav_devices, icon: Cpu, permission: 'devices.read', phone: true },
      { href: '/events', text: m.nav_events, icon: DoorOpen, permission: 'events.read', phone: false },
      { href: '/commands', text: m.nav_commands, icon: Send, permission: 'commands.read', phone: false },
      { href: '/gateways', text: m.nav_gateways, icon: Router, permission: 'gateways.read', phone: false },
    ],
  },
  {
    text: m.nav_energy,
    places: [
      { href: '/meters', text: m.nav_meters, icon: Gauge, permission: 'metering.read', phone: true },
      {
        href: '/reading-routes',
        text: m.rr_nav_rounds,
        icon: Footprints,
        permission: 'readingRounds.read',
        phone: false,
      },
    ],
  },
  {
    text: m.nav_billing,
    places: [
      { href: '/bills', text: m.nav_bills, icon: ReceiptText, permission: 'charging.read', phone: false },
      { href: '/tariffs', text: m.nav_tariffs, icon: Tags, permission: 'charging.read', phone: false },
    ],
  },
  {
    text: m.nav_estate_group,
    places: [
      { href: '/estate', text: m.nav_estate, icon: Building2, permission: 'estate.read', phone: false },
      { href: '/rooms', text: m.est_nav_rooms, icon: DoorClosed, permission: 'estate.read', phone: false },
      {
        href: '/households',
        text: m.estate_households,
        icon: House,
        permission: 'estate.read',
        phone: false,
      },
      { href: '/parties', text: m.est_nav_parties, icon: Users, permission: 'party.read', phone: false },
      { href: '/vehicles', text: m.est_nav_vehicles, icon: Car, permission: 'vehicle.read', phone: false },
      {
        href: '/handover',
        text: m.est_nav_handover,
        icon: ClipboardCheck,
        permission: 'handover.read',
        phone: false,
      },
      { href: '/fit-out', text: m.est_nav_fit_out, icon: Hammer, permission: 'handover.read', phone: false },
    ],
  },
  {
    text: m.kit_nav_service,
    places: [
      {
        href: '/announcements',
        text: m.nav_announcements,
        icon: Megaphone,
        permission: 'announcement.read',
        phone: false,
      },
      {
        href: '/office-contacts',
        text: m.nav_office,
        icon: BookUser,
        permission: 'officeContact.read',
        phone: false,
      },
      { href: '/calls', text: m.est_nav_calls, icon: Phone, permission: 'call.read', phone: false },
      {
        href: '/lost-items',
        text: m.kit_nav_lost_items,
        icon: PackageSearch,
        permission: 'lostItem.read',
        phone: false,
      },
    ],
  },
  {
    text: m.nav_system_group,
    places: [{ href: '/system', text: m.nav_system, icon: Settings, permission: null, phone: false }],
  },
]

export const places: readonly Place[] = groups.flatMap((group) => group.places)

/** Whether an address lies under a place. */
export function isUnder(pathname: string, href: string): boolean {
  return href === '/' ? pathname === '/' : pathname === href || pathname.startsWith(`${href}/`)
}
