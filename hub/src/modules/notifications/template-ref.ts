import { findTemplate } from '../../platform/notify/template.ts'

/** A template that a later version no longer has is called by its key. */
export function templateRef(key: string): { key: string; label: { zh: string; en: string } } {
  return { key, label: { ...(findTemplate(key)?.label ?? { zh: key, en: key }) } }
}
