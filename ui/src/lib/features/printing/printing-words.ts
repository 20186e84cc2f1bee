import type {
  PrintBlock,
  PrintLanguage,
  PrintPaper,
  PrintTemplateSource,
} from '@courtyard/protocols/contract'
import { preferences } from '#lib/state/preferences.svelte.ts'
import { m } from '#lib/paraglide/messages.js'

export const paperWords: Readonly<Record<PrintPaper, () => string>> = {
  a4: m.prt_paper_a4,
  roll80: m.prt_paper_roll80,
}
export const languageWords: Readonly<Record<PrintLanguage, () => string>> = { zh: m.msg_zh, en: m.msg_en }
export const sourceWords: Readonly<Record<PrintTemplateSource, () => string>> = {
  builtin: m.prt_source_builtin,
  everywhere: m.prt_source_everywhere,
  project: m.prt_source_project,
}
export const blockWords: Readonly<Record<PrintBlock['kind'], () => string>> = {
  title: m.prt_block_title,
  text: m.prt_block_text,
  amount: m.prt_block_amount,
  facts: m.prt_block_facts,
  table: m.prt_block_table,
  line: m.prt_block_line,
  space: m.prt_block_space,
  signatures: m.prt_block_signatures,
  picture: m.prt_block_picture,
  code: m.prt_block_code,
}
export const sizeWords = {
  small: m.prt_size_small,
  normal: m.prt_size_normal,
  large: m.prt_size_large,
} as const
export const alignWords = {
  left: m.prt_align_left,
  center: m.prt_align_center,
  right: m.prt_align_right,
} as const

/** Documents speak the language of the person unless he says otherwise. */
export const ownLanguage = (): PrintLanguage => (preferences.locale === 'en' ? 'en' : 'zh')
