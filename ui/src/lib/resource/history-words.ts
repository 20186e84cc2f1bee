import type { ResourceMeta } from '@courtyard/protocols/contract'
import { label } from '#lib/format/index.svelte.ts'
import { m } from '#lib/paraglide/messages.js'

/** By the verb of the record itself, or by the whole action of something that concerned it. */
const words: Readonly<Record<string, () => string>> = {
  create: m.kit_did_create,
  edit: m.kit_did_edit,
  archive: m.kit_did_archive,
  restore: m.kit_did_restore,
  reveal: m.kit_did_reveal,
  import: m.kit_did_import,
  undo: m.kit_did_undo_import,
  'partyRole.begin': m.est_did_role_begin,
  'partyRole.end': m.est_did_role_end,
  household: m.est_did_household,
  ownerChange: m.est_event_owner_changed,
  'keys.give': m.est_event_keys_given,
  'keys.return': m.est_event_keys_returned,
  state: m.est_did_defect_state,
  begin: m.est_event_call,
  note: m.est_event_note,
}

/** What somebody did, in words: of the kit, or the label of the resource's own action. */
export function historyWords(meta: ResourceMeta, action: string): string {
  const verb = action.slice(action.lastIndexOf('.') + 1)
  const own = meta.actions.find(({ name }) => name === verb)
  return own ? label(own.label) : ((words[action] ?? words[verb])?.() ?? action)
}
