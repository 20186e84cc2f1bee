/** NOTIFY carries at most 7,999 bytes; longer texts travel in parts. */
export interface Fragment {
  /** Process that sends. */
  readonly from: string
  /** Number of the text within that process. */
  readonly text: number
  readonly part: number
  readonly of: number
  readonly content: string
}

/** In the worst case a character is three bytes of UTF-8, and JSON doubles quotes and backslashes. */
const CHARACTERS_PER_FRAGMENT = 2_400
/** Unfinished texts kept; a lost part must not hold memory for ever. */
const MOST_UNFINISHED = 100

let lastText = 0

export function splitText(from: string, content: string): Fragment[] {
  const text = ++lastText
  const of = Math.max(1, Math.ceil(content.length / CHARACTERS_PER_FRAGMENT))
  return Array.from({ length: of }, (_, part) => ({
    from,
    text,
    part,
    of,
    content: content.slice(part * CHARACTERS_PER_FRAGMENT, (part + 1) * CHARACTERS_PER_FRAGMENT),
  }))
}

/** Puts texts together again; parts of one text come in order, those of several may mix. */
export class Reassembly {
  private readonly unfinished = new Map<string, string[]>()

  /** @returns the whole text with its last part, else null */
  add(fragment: Fragment): string | null {
    if (fragment.of === 1) return fragment.content
    const key = `${fragment.from}/${fragment.text}`
    const parts = this.unfinished.get(key) ?? []
    parts[fragment.part] = fragment.content
    if (Object.keys(parts).length === fragment.of) {
      this.unfinished.delete(key)
      return parts.join('')
    }
    this.unfinished.set(key, parts)
    if (this.unfinished.size > MOST_UNFINISHED) this.unfinished.delete(this.unfinished.keys().next().value!)
    return null
  }
}
