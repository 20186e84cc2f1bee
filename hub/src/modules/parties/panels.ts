/** Matters of an account that other modules keep (repairs, complaints, calls …), each a part of its page. */
import type { HouseholdPanel as PanelView, Permission } from '@courtyard/protocols/contract'
import { opens, type CurrentUser } from '../../platform/auth/user.ts'
import type { Hub } from '../../platform/module.ts'
import type { Texts } from '../../platform/reasons/reason.ts'
import { findHousehold } from './access.ts'
import { householdFile } from './files.repository.ts'

export interface HouseholdMatters {
  readonly householdId: string
  readonly projectId: string
  /** Where it lives or lived, of those that the permission of the panel opens to the reader. */
  readonly roomIds: readonly string[]
  /** Most items. */
  readonly limit: number
}

export interface HouseholdPanel {
  /** camelCase: `repairs`. */
  readonly key: string
  readonly label: Texts
  /** Who lacks it everywhere is not asked for; narrowing to the scope is the panel's own matter. */
  readonly permission: Permission
  /** Page with all of them. */
  readonly href: string
  /** Newest first; `open`: how many are not settled yet, null where nothing is ever open. */
  find(
    hub: Hub,
    user: CurrentUser,
    matters: HouseholdMatters,
  ): Promise<{ readonly open: number | null; readonly items: PanelView['items'] }>
}

const panels: HouseholdPanel[] = []

/** Called when a module is loaded; the page shows panels in this order, and none that has nothing to say. */
export function registerHouseholdPanel(panel: HouseholdPanel): void {
  if (panels.some(({ key }) => key === panel.key))
    throw new Error(`household panel ${panel.key} is registered twice`)
  panels.push(panel)
}

const MOST_ITEMS = 5

/** @throws AppError `not_found` */
export async function panelsFor(hub: Hub, user: CurrentUser, id: string): Promise<PanelView[]> {
  const { projectId } = await findHousehold(hub, user, id, 'estate.read')
  const { rooms } = (await householdFile(hub.db.pool, id))!
  const shown = await Promise.all(
    panels.map(async (panel): Promise<PanelView> => {
      const { key, label, permission, href } = panel
      const open = rooms.filter(({ building }) =>
        opens(user, permission, { projectId, buildingId: building.id }),
      )
      const roomIds = [...new Set(open.map((room) => room.id))]
      const found = await panel.find(hub, user, { householdId: id, projectId, roomIds, limit: MOST_ITEMS })
      return { key, label: { ...label }, href, ...found }
    }),
  )
  return shown.filter(({ items }) => items.length > 0)
}
