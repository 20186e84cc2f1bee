/**
 * Templates as people read them: `{{ bill.item }}账单` is shown as `【收费项目】账单`, and what is typed becomes the
 * template again. What has no name here (loops, unknown fields) stays as it is written.
 */
export interface NamedField {
  /** `bill.item`. */
  readonly name: string
  readonly label: string
}
/** `bare`: a condition, whose fields stand without braces. */
export type TextKind = 'text' | 'bare'

const TAG = /(\{%[\s\S]*?%\})/
const OUTPUT = /\{\{-?\s*([\w.]+)\s*((?:\|[^{}]*)?)-?\}\}/g
const NAMED = /【\s*([^【】|]+?)\s*((?:\|[^【】]*)?)】/g
const QUOTED = /("[^"]*"|'[^']*')/
const BARE = /(?<![\w.])[a-z]\w*\.\w+(?![\w.])/gi

const isTag = (part: string): boolean => part.startsWith('{%')
const filtersOf = (text: string): string => (text.trim() === '' ? '' : ` ${text.trim()}`)

export class FieldNames {
  readonly #labels = new Map<string, string>()
  readonly #names = new Map<string, string>()

  /** Of two fields with one label, neither has a name: nobody could tell them apart. */
  constructor(fields: readonly NamedField[]) {
    const used = Map.groupBy(fields, ({ label }) => label)
    for (const { name, label } of fields) {
      if (used.get(label)!.length > 1 || /[【】|{}%]/.test(label)) continue
      this.#labels.set(name, label)
      this.#names.set(label, name)
    }
  }

  /** What the palette puts in. */
  field(name: string, kind: TextKind): string {
    const label = this.#labels.get(name)
    if (label !== undefined) return `【${label}】`
    return kind === 'bare' ? name : `{{ ${name} }}`
  }

  shown(template: string, kind: TextKind): string {
    if (kind === 'bare') return this.#bareShown(template)
    const parts = template.split(TAG)
    return parts.map((part) => (isTag(part) ? this.#bareShown(part) : this.#textShown(part))).join('')
  }

  stored(text: string, kind: TextKind): string {
    if (kind === 'bare') return this.#bareStored(text)
    const parts = text.split(TAG)
    return parts.map((part) => (isTag(part) ? this.#bareStored(part) : this.#textStored(part))).join('')
  }

  #textShown(text: string): string {
    return text.replaceAll(OUTPUT, (whole, name: string, filters: string) => {
      const label = this.#labels.get(name)
      return label === undefined ? whole : `【${label}${filtersOf(filters)}】`
    })
  }
  #textStored(text: string): string {
    return text.replaceAll(NAMED, (whole, label: string, filters: string) => {
      const name = this.#names.get(label)
      return name === undefined ? whole : `{{ ${name}${filtersOf(filters)} }}`
    })
  }

  /** Words in quotation marks are words. */
  #bareShown(text: string): string {
    return outsideQuotes(text, (part) =>
      part.replaceAll(BARE, (name) => {
        const label = this.#labels.get(name)
        return label === undefined ? name : `【${label}】`
      }),
    )
  }
  #bareStored(text: string): string {
    return outsideQuotes(text, (part) =>
      part.replaceAll(NAMED, (whole, label: string) => this.#names.get(label) ?? whole),
    )
  }
}

function outsideQuotes(text: string, change: (part: string) => string): string {
  return text
    .split(QUOTED)
    .map((part, at) => (at % 2 === 1 ? part : change(part)))
    .join('')
}
