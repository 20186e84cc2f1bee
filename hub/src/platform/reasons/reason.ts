/**
 * Why something was refused, without a language: a code and the values that belong to it. Rules and services
 * deal in these; words are put in where an answer leaves the hub. Plain data, so a table can keep it as JSON.
 */
export type Language = 'zh' | 'en'
/** The same thing in both languages; `{name}` is where a value goes. */
export type Texts = Readonly<Record<Language, string>>
export type ReasonTexts = Readonly<Record<string, Texts>>

export interface Reason {
  readonly code: string
  readonly [value: string]: ReasonValue
}
/** A reason inside a reason, and a list of them, are said in the same language as what is around them. */
export type ReasonValue = string | number | Texts | Reason | readonly Reason[]

type ValuesOf<T extends string> = T extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ValuesOf<Rest>
  : never
/** The reasons of a catalogue as a union: each code asks for exactly the values that its text has. */
export type ReasonOf<C extends ReasonTexts> = {
  [K in keyof C & string]: { readonly code: K } & {
    readonly [V in ValuesOf<C[K]['en']>]: ReasonValue
  }
}[keyof C & string]

const textsByCode = new Map<string, Texts>()

/** Makes the reasons of a catalogue sayable. @throws when a code is taken by another one */
export function registerReasons<const C extends ReasonTexts>(catalogue: C): C {
  for (const [code, texts] of Object.entries(catalogue)) {
    if (textsByCode.has(code)) throw new Error(`reason ${code} is registered twice`)
    textsByCode.set(code, texts)
  }
  return catalogue
}

export function knownReasons(): ReadonlyMap<string, Texts> {
  return textsByCode
}

export function isReason(value: unknown): value is Reason {
  return typeof value === 'object' && value !== null && 'code' in value && textsByCode.has(String(value.code))
}

/** In words. A code that nobody knows any more (of an old row) is said as it is. */
export function say(reason: Reason, language: Language): string {
  const texts = textsByCode.get(reason.code)
  if (!texts) return reason.code
  return texts[language].replaceAll(/\{(\w+)\}/g, (_, name: string) => sayValue(reason[name], language))
}

/** Several in one line. */
export function sayAll(reasons: readonly Reason[], language: Language): string {
  return reasons.map((reason) => say(reason, language)).join(language === 'zh' ? '；' : '; ')
}

function sayValue(value: ReasonValue | undefined, language: Language): string {
  if (value === undefined) return '?'
  if (typeof value !== 'object') return String(value)
  if (isList(value)) return sayAll(value, language)
  return isTexts(value) ? value[language] : say(value, language)
}

const isList = (value: ReasonValue): value is readonly Reason[] => Array.isArray(value)
const isTexts = (value: Texts | Reason): value is Texts => !('code' in value)

const MOST_CHARACTERS = 1_000

/** For a column of JSON: without what PostgreSQL can't keep, and no longer than a person would read. */
export function storedReason(reason: Reason): string {
  return JSON.stringify(reason, (_, value: unknown) =>
    typeof value === 'string'
      ? value.slice(0, MOST_CHARACTERS).replaceAll('\0', '\u{fffd}').toWellFormed()
      : value,
  )
}
