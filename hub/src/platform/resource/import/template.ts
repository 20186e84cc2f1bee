/** An empty spreadsheet whose heads are understood, with a page that says what goes where. */
import type { Readable } from 'node:stream'
import type { FileAnswer } from '../../http/file-route.ts'
import type { Language } from '../../reasons/reason.ts'
import type { RecordContext } from '../context.ts'
import { sheetColumn } from '../export/make-order.ts'
import type { Field } from '../field.ts'
import { findResource, type Resource } from '../resource.ts'
import { shapeOf } from '../shape.ts'
import { csvLine } from '../sheet/csv-line.ts'
import { mediaTypes, type SheetFormat } from '../sheet/sheet-file.ts'
import { writeXlsx } from '../sheet/xlsx-writer.ts'
import { importable } from './plan.ts'

const words = {
  zh: { guide: '填写说明', column: '列', needed: '必填', what: '内容', yes: '是', template: '导入模板' },
  en: {
    guide: 'How to fill in',
    column: 'Column',
    needed: 'Needed',
    what: 'Contents',
    yes: 'yes',
    template: 'template',
  },
} as const

export async function templateOf(
  context: RecordContext,
  resource: Resource,
  wanted: { readonly format: SheetFormat; readonly projectId?: string | undefined },
): Promise<FileAnswer> {
  const { language } = context
  const shape = await shapeOf(context.hub.db.pool, resource, wanted.projectId ?? null)
  const fields = importable(shape)
  const fileName = `${resource.label[language]} ${words[language].template}.${wanted.format}`
  const mediaType = mediaTypes[wanted.format]
  const heads = fields.map((field) => ({ text: field.label[language], isNumber: false }))
  if (wanted.format === 'csv') return { stream: Buffer.from(`\uFEFF${csvLine(heads)}`), fileName, mediaType }
  const columns = fields.map((field) => sheetColumn(field, field.label[language]))
  const keys = new Set(resource.uniqueKey)
  const stream = writeXlsx([
    { name: resource.label[language], columns, rows: rowsOf([]) },
    {
      name: words[language].guide,
      columns: guideColumns(language),
      rows: rowsOf(fields.map((one) => guideRow(one, language, keys))),
    },
  ])
  return { stream: stream as Readable, fileName, mediaType }
}

async function* rowsOf(rows: string[][]): AsyncGenerator<string[][]> {
  yield rows
}

function guideColumns(language: Language) {
  const { column, needed, what } = words[language]
  return [column, needed, what].map((head, at) => ({
    head,
    kind: 'text' as const,
    width: at === 2 ? 80 : 20,
  }))
}

function guideRow(field: Field, language: Language, keys: ReadonlySet<string>): string[] {
  const { yes } = words[language]
  const text = [
    contents(field, language),
    keys.has(field.name) ? keyNote[language] : '',
    field.help?.[language] ?? '',
  ]
  return [
    field.label[language],
    field.required ? yes : '',
    text.filter(Boolean).join(language === 'zh' ? '；' : '; '),
  ]
}

const keyNote = { zh: '用来识别已有记录', en: 'records are known again by it' } as const

function contents(field: Field, language: Language): string {
  const isZh = language === 'zh'
  const options = field.options?.map(({ label }) => label[language]).join(isZh ? '、' : ', ')
  const unit = field.unit ? ` (${field.unit})` : ''
  switch (field.kind) {
    case 'integer':
      return (isZh ? '整数' : 'a whole number') + unit
    case 'decimal':
    case 'money':
      return (
        (isZh ? `数字，最多 ${field.scale ?? 2} 位小数` : `a number, up to ${field.scale ?? 2} decimals`) +
        unit
      )
    case 'boolean':
      return isZh ? '是 或 否' : 'Yes or No'
    case 'choice':
    case 'dictionary':
      return (isZh ? '其中之一：' : 'one of: ') + (options ?? '')
    case 'day':
      return isZh ? '日期，如 2026-06-01' : 'a day such as 2026-06-01'
    case 'instant':
      return isZh ? '当地时间，如 2026-06-01 09:30' : 'local time such as 2026-06-01 09:30'
    case 'reference':
      return (
        (isZh ? '名称或编号：' : 'name or id of: ') + (findResource(field.resource!)?.label[language] ?? '')
      )
    default:
      return isZh
        ? `文字，最多 ${field.maxLength ?? 200} 个字`
        : `text, at most ${field.maxLength ?? 200} characters`
  }
}
