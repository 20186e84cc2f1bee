import { m } from '#lib/paraglide/messages.js'

const words: Readonly<Record<string, () => string>> = {
  create: m.kit_did_create,
  edit: m.kit_did_edit,
  archive: m.kit_did_archive,
  restore: m.kit_did_restore,
  reveal: m.kit_did_reveal,
  import: m.kit_did_import,
  undo: m.kit_did_undo_import,
}

/** What somebody did, in words; actions of a module that nobody named stay as they are called. */
export function historyWords(action: string): string {
  return words[action.slice(action.lastIndexOf('.') + 1)]?.() ?? action
}
