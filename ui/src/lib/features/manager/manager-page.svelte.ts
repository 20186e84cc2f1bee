import type { ManagedProject } from '@courtyard/protocols/contract'
import { call } from '#lib/api/client.ts'
import { addDecimals } from '#lib/format/decimal.ts'
import { Resource } from '#lib/state/resource.svelte.ts'
import { m } from '#lib/paraglide/messages.js'

const EVERY_MS = 10_000

/** All projects, renewed by itself; to be made while a component is set up. */
export const managerPage = () =>
  new Resource((signal) => call('GET /api/manager', { signal }), { everyMs: EVERY_MS })

export const attentionWords: Readonly<Record<ManagedProject['attention'][number]['kind'], () => string>> = {
  gatewaysOffline: m.mgr_gatewaysOffline,
  devicesOffline: m.mgr_devicesOffline,
  usageHeld: m.mgr_usageHeld,
  quarantine: m.mgr_quarantine,
}
/** Page of the console that shows it. */
export const attentionPages: Readonly<Record<ManagedProject['attention'][number]['kind'], string>> = {
  gatewaysOffline: '/gateways',
  devicesOffline: '/devices',
  usageHeld: '/meters?status=held',
  quarantine: '/devices/quarantine',
}

/** Kinds of open work with their number and page; what is not seen or not there is left out. */
export function workOf({ work }: ManagedProject): { text: string; count: number; href: string }[] {
  return [
    { text: m.mgr_work_commands(), count: work.commandsAwaiting ?? 0, href: '/commands' },
    { text: m.mgr_work_handovers(), count: work.handovers ?? 0, href: '/handover' },
    { text: m.mgr_work_tasks(), count: work.tasks ?? 0, href: '/processes' },
    { text: m.mgr_work_meters(), count: work.metersToRead ?? 0, href: '/reading-routes' },
  ].filter(({ count }) => count > 0)
}

/** A page of the console in this project. */
export function inProject({ code }: ManagedProject, href: string): string {
  return `${href}${href.includes('?') ? '&' : '?'}project=${encodeURIComponent(code)}`
}

export interface Sums {
  readonly devices: number
  readonly online: number
  readonly attention: number
  readonly receivable: string | null
  readonly work: number
}

export function sumsOf(projects: readonly ManagedProject[]): Sums {
  const amounts = projects.flatMap(({ receivable }) => (receivable ? [receivable.amount] : []))
  const add = (value: (project: ManagedProject) => number) =>
    projects.reduce((sum, project) => sum + value(project), 0)
  return {
    devices: add(({ devices }) => devices?.total ?? 0),
    online: add(({ devices }) => devices?.online ?? 0),
    attention: add(({ attention }) => attention.reduce((sum, { count }) => sum + count, 0)),
    receivable: amounts.length > 0 ? addDecimals(amounts) : null,
    work: add((project) => workOf(project).reduce((sum, { count }) => sum + count, 0)),
  }
}
