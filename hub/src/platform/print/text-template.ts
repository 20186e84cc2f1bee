/**
 * Texts with placeholders, in Liquid. Of the language there are values, conditions and our own filters, nothing else: no
 * loops, no assignments, no files. So a text takes time and memory in proportion to its length, whoever wrote it.
 */
import { Liquid, type Template } from 'liquidjs'
import type { PrintLanguage } from '@courtyard/protocols/contract'
import type { PrintReason } from './reasons.ts'
import { printFilters } from './filters.ts'
import type { PrintData, PrintRow } from './kinds.ts'

export type TextScope = PrintData & { readonly row?: PrintRow }

export interface TextTemplate {
  /** Of one text, or of a condition. */
  fill(scope: TextScope): string
  /** Fields that it names: `bill.number`. */
  readonly names: readonly string[]
}

const TAGS = new Set(['if', 'unless', 'case', 'comment', 'raw'])
/** `(1..9)` in a tag: the one thing that would take more time than its text is long. */
const RANGE = /\{[{%][^}]*\.\.[^}]*\}/
const LONGEST_RESULT = 10_000

const engines: Readonly<Record<PrintLanguage, Liquid>> = { zh: engineFor('zh'), en: engineFor('en') }

function engineFor(language: PrintLanguage): Liquid {
  const engine = new Liquid({
    ownPropertyOnly: true,
    strictFilters: true,
    parseLimit: 5_000,
    // No text can run long; a machine may be busy
    renderLimit: 10_000,
    memoryLimit: 200_000,
    // Templates of templates are not looked for anywhere
    templates: {},
  })
  for (const tag of Object.keys(engine.tags)) if (!TAGS.has(tag)) Reflect.deleteProperty(engine.tags, tag)
  for (const filter of Object.keys(engine.filters)) Reflect.deleteProperty(engine.filters, filter)
  for (const { name, apply } of printFilters) {
    engine.registerFilter(name, (value: unknown) => apply(textOf(value), language))
  }
  return engine
}

const textOf = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : ''

/** @returns the template, or what is wrong with the text */
export function readText(
  text: string,
  language: PrintLanguage,
): TextTemplate | { readonly fault: PrintReason } {
  const engine = engines[language]
  if (RANGE.test(text)) return { fault: { code: 'print.not_readable', message: '(1..9)' } }
  try {
    const parsed = engine.parse(text)
    return {
      fill: (scope) => cleaned(String(engine.renderSync(parsed, scope)), text.length),
      names: namesIn(engine, parsed),
    }
  } catch (error) {
    return { fault: { code: 'print.not_readable', message: messageOf(error) } }
  }
}

/** `bill.estimated`; empty: always. */
export function readCondition(
  text: string,
  language: PrintLanguage,
): TextTemplate | { readonly fault: PrintReason } {
  if (/[{}%\n]/.test(text)) return { fault: { code: 'print.condition' } }
  const read = readText(`{% if ${text} %}1{% endif %}`, language)
  return 'fault' in read ? { fault: { code: 'print.condition' } } : read
}

function namesIn(engine: Liquid, parsed: Template[]): string[] {
  return engine
    .globalVariableSegmentsSync(parsed)
    .map((segments) =>
      segments.map((segment) => (typeof segment === 'object' ? '?' : String(segment))).join('.'),
    )
}

/** Without what no font draws and no printer knows. */
function cleaned(text: string, templateLength: number): string {
  // eslint-disable-next-line no-control-regex
  const plain = text.replaceAll(/[\0-\x08\x0b-\x1f\x7f\u2028\u2029\ufeff]/g, '').replaceAll('\t', '  ')
  return plain.toWellFormed().slice(0, LONGEST_RESULT + templateLength)
}

const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]!.slice(0, 200)
