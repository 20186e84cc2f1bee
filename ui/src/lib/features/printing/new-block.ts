import type { PrintBlock, PrintKind } from '@courtyard/protocols/contract'
import type { NamesIn } from './field-names-context.ts'

export const blockKinds = [
  'title',
  'text',
  'amount',
  'facts',
  'table',
  'line',
  'space',
  'signatures',
  'picture',
  'code',
] as const satisfies readonly PrintBlock['kind'][]

/** A block to begin with; a table has the columns of the first list. */
export function newBlock(
  kind: PrintBlock['kind'],
  { lists, fields }: PrintKind,
  locale: 'zh' | 'en',
): PrintBlock {
  switch (kind) {
    case 'title':
      return { kind, text: '', note: '', align: 'left', when: '' }
    case 'text':
      return { kind, text: '', size: 'normal', bold: false, align: 'left', when: '' }
    case 'amount':
      return { kind, label: '', value: '', note: '', when: '' }
    case 'facts': {
      const [first] = fields
      return {
        kind,
        columns: 2,
        items: [{ label: first?.label[locale] ?? '', value: first ? `{{ ${first.name} }}` : '' }],
        when: '',
      }
    }
    case 'table': {
      const [list] = lists
      return { kind, list: list?.name ?? '', columns: columnsOf(list, locale), size: 'normal', when: '' }
    }
    case 'line':
      return { kind, when: '' }
    case 'space':
      return { kind, size: 'normal', when: '' }
    case 'signatures':
      return { kind, labels: [''], when: '' }
    case 'picture':
      return { kind, pictureId: '', widthMm: 35, align: 'left', over: false, when: '' }
    case 'code':
      return { kind, text: '', label: '', widthMm: 25, align: 'left', when: '' }
  }
}

export function columnsOf(
  list: PrintKind['lists'][number] | undefined,
  locale: 'zh' | 'en',
): Extract<PrintBlock, { kind: 'table' }>['columns'] {
  const columns = (list?.fields ?? [])
    .slice(0, 5)
    .map(({ name, label }) => ({ ...newColumn(), label: label[locale], value: `{{ ${name} }}` }))
  return columns.length > 0 ? columns : [newColumn()]
}

export const newColumn = () => ({ label: '', value: '', align: 'left' as const, share: 2, foot: '' })

/** What a block says, in one line, with the names of its fields. */
export function summaryOf(block: PrintBlock, names: NamesIn): string {
  const list = block.kind === 'table' ? block.list : ''
  return wordsOf(block)
    .map((text) => names(list).shown(text, 'text'))
    .join(' · ')
}

function wordsOf(block: PrintBlock): string[] {
  switch (block.kind) {
    case 'title':
    case 'text':
    case 'code':
      return [block.text]
    case 'amount':
      return [block.label || block.value]
    case 'facts':
      return block.items.map(({ label }) => label)
    case 'table':
      return block.columns.map(({ label }) => label)
    case 'signatures':
      return block.labels
    case 'picture':
      return [`${block.widthMm} mm`]
    case 'line':
    case 'space':
      return []
  }
}
