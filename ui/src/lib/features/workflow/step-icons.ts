import CircleDot from '@lucide/svelte/icons/circle-dot'
import CircleStop from '@lucide/svelte/icons/circle-stop'
import ClipboardList from '@lucide/svelte/icons/clipboard-list'
import Cog from '@lucide/svelte/icons/cog'
import GitBranch from '@lucide/svelte/icons/git-branch'
import UserCheck from '@lucide/svelte/icons/user-check'
import type { ProcessStep } from '@courtyard/protocols/contract'

/** One sign per kind of step, in the diagram and in lists. */
export const stepIcons = {
  start: CircleDot,
  approval: UserCheck,
  task: ClipboardList,
  action: Cog,
  decision: GitBranch,
  end: CircleStop,
} as const satisfies Record<ProcessStep['kind'], unknown>
