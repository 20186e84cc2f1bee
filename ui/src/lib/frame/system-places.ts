/** The pages under /system, in groups; each module of the kit adds its own line here. */
import KeyRound from '@lucide/svelte/icons/key-round'
import ScrollText from '@lucide/svelte/icons/scroll-text'
import Webhook from '@lucide/svelte/icons/webhook'
import DatabaseBackup from '@lucide/svelte/icons/database-backup'
import BookA from '@lucide/svelte/icons/book-a'
import Mails from '@lucide/svelte/icons/mails'
import ListPlus from '@lucide/svelte/icons/list-plus'
import Hash from '@lucide/svelte/icons/hash'
import Network from '@lucide/svelte/icons/network'
import Palette from '@lucide/svelte/icons/palette'
import Printer from '@lucide/svelte/icons/printer'
import Settings from '@lucide/svelte/icons/settings'
import SlidersHorizontal from '@lucide/svelte/icons/sliders-horizontal'
import ShieldCheck from '@lucide/svelte/icons/shield-check'
import Workflow from '@lucide/svelte/icons/workflow'
import { session, type PermissionName } from '#lib/state/session.svelte.ts'
import { m } from '#lib/paraglide/messages.js'

export interface SystemPlace {
  readonly href: string
  readonly text: () => string
  readonly icon: typeof Settings
  /** Null: everybody. */
  readonly permission: PermissionName | null
  /** Opens it to others as well. */
  readonly also?: () => boolean
}
interface SystemGroup {
  readonly text: () => string
  readonly places: readonly SystemPlace[]
}

/** Whether the person finds anything there. */
export const seesPlace = ({ permission, also }: Pick<SystemPlace, 'permission' | 'also'>): boolean =>
  permission === null || session.may(permission) || also?.() === true

export const systemGroups: readonly SystemGroup[] = [
  {
    text: m.kit_system_people,
    places: [
      { href: '/system', text: m.nav_system_users, icon: Settings, permission: null },
      {
        href: '/system/organisation',
        text: m.sys_organisation,
        icon: Network,
        permission: 'organisation.read',
      },
      { href: '/system/roles', text: m.sys_roles, icon: ShieldCheck, permission: 'roles.read' },
      { href: '/system/logs', text: m.log_nav, icon: ScrollText, permission: 'audit.read' },
    ],
  },
  {
    text: m.kit_system_records,
    places: [
      { href: '/system/messages', text: m.msg_nav, icon: Mails, permission: 'messages.read' },
      { href: '/system/processes', text: m.wf_nav_processes, icon: Workflow, permission: 'workflow.define' },
      {
        href: '/system/dictionaries',
        text: m.kit_dictionaries,
        icon: BookA,
        permission: 'customFields.manage',
      },
      {
        href: '/system/custom-fields',
        text: m.kit_custom_fields,
        icon: ListPlus,
        permission: 'customFields.manage',
      },
      { href: '/system/numbering', text: m.num_title, icon: Hash, permission: 'numbering.manage' },
      {
        href: '/system/print-templates',
        text: m.prt_title,
        icon: Printer,
        permission: 'printTemplates.manage',
      },
    ],
  },
  {
    text: m.hook_system_others,
    places: [
      { href: '/system/api-keys', text: m.key_nav, icon: KeyRound, permission: 'apiKeys.manage' },
      { href: '/system/webhooks', text: m.hook_nav, icon: Webhook, permission: 'webhooks.manage' },
    ],
  },
  {
    text: m.bak_group,
    places: [
      { href: '/system/settings', text: m.set_nav, icon: SlidersHorizontal, permission: 'settings.manage' },
      {
        ...{ href: '/system/backups', text: m.bak_nav, icon: DatabaseBackup, permission: 'archive.manage' },
        also: () => session.mayEverywhere('backup.manage'),
      },
    ],
  },
  {
    text: m.kit_system_help,
    places: [{ href: '/design', text: m.kit_design, icon: Palette, permission: null }],
  },
]
