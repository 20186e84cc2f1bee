import type { ReminderRecipient } from '@courtyard/protocols/contract'
import { m } from '#lib/paraglide/messages.js'

export interface RoleChoice {
  readonly code: string
  readonly text: string
}

export function recipientText(
  recipient: ReminderRecipient,
  roles: readonly RoleChoice[],
  names: Readonly<Record<string, string>>,
): string {
  switch (recipient.kind) {
    case 'role':
      return roles.find(({ code }) => code === recipient.role)?.text ?? recipient.role
    case 'people':
      return recipient.ids.map((id) => names[id] ?? '—').join('、')
    case 'responsible':
      return m.rem_who_responsible()
    case 'departmentHead':
      return m.rem_who_head()
  }
}

/** `30, 7, 1` → days; null when it is no list of whole numbers. */
export function parseSteps(text: string): number[] | null {
  const parts = text.split(/[,，、\s]+/).filter(Boolean)
  const steps = parts.map(Number)
  const good = steps.every((step) => Number.isInteger(step) && Math.abs(step) <= 365)
  return good && steps.length > 0 && steps.length <= 10 ? [...new Set(steps)].sort((a, b) => b - a) : null
}
