/** A template and the values of a record give a document: blocks of plain text, not yet laid out. */
import type { PrintBlock, PrintContent, PrintLanguage } from '@courtyard/protocols/contract'
import { fail } from '../errors.ts'
import { printErrors } from './errors.ts'
import type { PrintData, PrintKindDeclaration, PrintRow } from './kinds.ts'
import './reasons.ts'
import type { PrintReason } from './reasons.ts'
import { readCondition, readText, type TextScope, type TextTemplate } from './text-template.ts'

type Plain<B extends PrintBlock> = Omit<B, 'when'>
type BlockOf<K extends PrintBlock['kind']> = Extract<PrintBlock, { kind: K }>

export interface FilledTable {
  readonly kind: 'table'
  readonly columns: readonly { label: string; align: 'left' | 'center' | 'right'; share: number }[]
  readonly rows: readonly (readonly string[])[]
  /** Null when no column has one. */
  readonly foot: readonly string[] | null
  readonly size: 'small' | 'normal' | 'large'
}
export type FilledBlock =
  | FilledTable
  | { [K in Exclude<PrintBlock['kind'], 'table'>]: Plain<BlockOf<K>> }[Exclude<PrintBlock['kind'], 'table'>]

export interface FilledDocument {
  readonly blocks: readonly FilledBlock[]
  readonly footer: string
  readonly watermark: string
}

export interface TemplateFault {
  /** `blocks.2.items.0.value` */
  readonly path: string
  readonly reason: PrintReason
}

type Texts = ReadonlyMap<string, TextTemplate>

/** A template that has been read once, for any number of records. */
export interface CompiledTemplate {
  fill(data: PrintData): FilledDocument
}

/** Reads every text of the template. @returns what is wrong with it, place by place, or the template */
export function compileTemplate(
  kind: PrintKindDeclaration,
  content: PrintContent,
  language: PrintLanguage,
): CompiledTemplate | { readonly faults: readonly TemplateFault[] } {
  const { texts, faults } = readTexts(kind, content, language)
  return faults.length > 0 ? { faults } : { fill: (data) => fillContent(content, texts, data) }
}

/** @throws AppError `print.template_failed` */
export function soundTemplate(
  kind: PrintKindDeclaration,
  content: PrintContent,
  language: PrintLanguage,
): CompiledTemplate {
  const compiled = compileTemplate(kind, content, language)
  if (!('faults' in compiled)) return compiled
  throw fail(printErrors.templateFailed, 'The template cannot be filled in', {
    issues: compiled.faults.map(({ path, reason }) => ({ path, reason })),
  })
}

function readTexts(kind: PrintKindDeclaration, content: PrintContent, language: PrintLanguage) {
  const known = new Set(kind.fields.map(({ name }) => name))
  const texts = new Map<string, TextTemplate>()
  const faults: TemplateFault[] = []
  const read = (path: string, text: string, row: ReadonlySet<string> = noFields, isCondition = false) => {
    if (text === '') return
    const one = isCondition ? readCondition(text, language) : readText(text, language)
    if ('fault' in one) return void faults.push({ path, reason: one.fault })
    const unknown = one.names.find((name) => !known.has(name) && !row.has(name))
    if (unknown !== undefined) faults.push({ path, reason: { code: 'print.unknown_field', name: unknown } })
    texts.set(path, one)
  }
  for (const [at, block] of content.blocks.entries()) {
    const path = `blocks.${at}`
    read(`${path}.when`, block.when, noFields, true)
    const list = block.kind === 'table' ? kind.lists.find(({ name }) => name === block.list) : undefined
    if (block.kind === 'table' && !list) {
      faults.push({ path: `${path}.list`, reason: { code: 'print.unknown_list', name: block.list } })
    }
    const row = new Set(list?.fields.map(({ name }) => `row.${name}`))
    for (const [name, text, inRow] of textsOf(block)) read(`${path}.${name}`, text, inRow ? row : noFields)
  }
  read('footer', content.footer)
  read('watermark', content.watermark)
  return { texts, faults }
}

const noFields: ReadonlySet<string> = new Set()

/** Every text of a block with its place, and whether it speaks of a row. */
function textsOf(block: PrintBlock): [string, string, boolean][] {
  switch (block.kind) {
    case 'title':
      return plain({ text: block.text, note: block.note })
    case 'text':
      return plain({ text: block.text })
    case 'amount':
      return plain({ label: block.label, value: block.value, note: block.note })
    case 'facts':
      return block.items.flatMap((item, at) =>
        plain({ [`items.${at}.label`]: item.label, [`items.${at}.value`]: item.value }),
      )
    case 'table':
      return block.columns.flatMap((column, at) => [
        [`columns.${at}.label`, column.label, false],
        [`columns.${at}.value`, column.value, true],
        [`columns.${at}.foot`, column.foot, false],
      ])
    case 'signatures':
      return plain(Object.fromEntries(block.labels.map((label, at) => [`labels.${at}`, label])))
    case 'code':
      return plain({ text: block.text, label: block.label })
    case 'picture':
    case 'line':
    case 'space':
      return []
  }
}

const plain = (texts: Readonly<Record<string, string>>): [string, string, boolean][] =>
  Object.entries(texts).map(([name, text]) => [name, text, false])

function fillContent(content: PrintContent, texts: Texts, data: PrintData): FilledDocument {
  const say = (path: string, scope: TextScope = data) => texts.get(path)?.fill(scope).trim() ?? ''
  const blocks = content.blocks.flatMap((block, at) => {
    const path = `blocks.${at}`
    if (block.when !== '' && say(`${path}.when`) === '') return []
    return [fillBlock(block, (name, scope) => say(`${path}.${name}`, scope), data)]
  })
  return { blocks, footer: say('footer'), watermark: say('watermark') }
}

type Say = (name: string, scope?: TextScope) => string

function fillBlock(block: PrintBlock, say: Say, data: PrintData): FilledBlock {
  switch (block.kind) {
    case 'title':
      return { ...block, text: say('text'), note: say('note') }
    case 'text':
      return { ...block, text: say('text') }
    case 'amount':
      return { ...block, label: say('label'), value: say('value'), note: say('note') }
    case 'facts':
      return {
        ...block,
        items: block.items.map((_, at) => factAt(at, say)).filter(({ value }) => value !== ''),
      }
    case 'table':
      return fillTable(block, say, data)
    case 'signatures':
      return { ...block, labels: block.labels.map((_, at) => say(`labels.${at}`)) }
    case 'code':
      return { ...block, text: say('text'), label: say('label') }
    case 'picture':
    case 'line':
    case 'space':
      return block
  }
}

const factAt = (at: number, say: Say) => ({
  label: say(`items.${at}.label`),
  value: say(`items.${at}.value`),
})

function fillTable({ list, columns, size }: BlockOf<'table'>, say: Say, data: PrintData): FilledTable {
  const rows = (Array.isArray(data[list]) ? data[list] : []) as readonly PrintRow[]
  const foot = columns.map((_, at) => say(`columns.${at}.foot`))
  return {
    kind: 'table',
    columns: columns.map(({ align, share }, at) => ({ label: say(`columns.${at}.label`), align, share })),
    rows: rows.map((row) => columns.map((_, at) => say(`columns.${at}.value`, { ...data, row }))),
    foot: foot.some(Boolean) ? foot : null,
    size,
  }
}
