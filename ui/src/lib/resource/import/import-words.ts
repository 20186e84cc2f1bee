import type { ResourceImport } from '@courtyard/protocols/contract'
import type { Tone } from '#lib/components/StateMark.svelte'
import { m } from '#lib/paraglide/messages.js'

const words: Record<ResourceImport['state'], { text: () => string; tone: Tone }> = {
  uploaded: { text: m.kit_import_uploaded, tone: 'neutral' },
  checking: { text: m.kit_import_checking, tone: 'accent' },
  checked: { text: m.kit_import_checked, tone: 'accent' },
  running: { text: m.kit_import_running, tone: 'accent' },
  done: { text: m.kit_import_done, tone: 'ok' },
  failed: { text: m.kit_import_failed, tone: 'fault' },
  undoing: { text: m.kit_import_undoing, tone: 'accent' },
  undone: { text: m.kit_import_undone, tone: 'unknown' },
}

/** How an import stands, in words and colour. */
export function importWords(state: ResourceImport['state']): { text: string; tone: Tone } {
  return { text: words[state].text(), tone: words[state].tone }
}
