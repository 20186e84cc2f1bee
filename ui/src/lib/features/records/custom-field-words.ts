import type { CustomField } from '@courtyard/protocols/contract'
import { m } from '#lib/paraglide/messages.js'

export const kindWords: Record<CustomField['kind'], () => string> = {
  text: m.kit_kind_text,
  integer: m.kit_kind_integer,
  decimal: m.kit_kind_decimal,
  boolean: m.kit_kind_boolean,
  choice: m.kit_kind_choice,
  day: m.kit_kind_day,
  dictionary: m.kit_kind_dictionary,
}
