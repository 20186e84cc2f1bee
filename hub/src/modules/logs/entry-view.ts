/** Entries of the audit trail as one person reads them: in his language, in the project's time, with what he may see. */
import type { AuditChange, AuditEntry } from '@courtyard/protocols/contract'
import { maskPhone, maySeeSensitive, SEE_SENSITIVE } from '../../platform/auth/sensitive.ts'
import { hasEverywhere, type CurrentUser } from '../../platform/auth/user.ts'
import type { Language } from '../../platform/reasons/reason.ts'
import type { Field, FieldValue } from '../../platform/resource/field.ts'
import { HIDDEN_TITLE, type CellContext } from '../../platform/resource/cell-text.ts'
import { cellTextOf } from '../../platform/resource/kinds.ts'
import type { Queryable } from '../../platform/resource/list.repository.ts'
import { localTextOf } from '../../platform/resource/local-time.ts'
import { findResource } from '../../platform/resource/resource.ts'
import { shapeOf, type Shape } from '../../platform/resource/shape.ts'
import { selectTitles } from '../../platform/resource/titles.repository.ts'
import type { AuditRow } from './audit-log.repository.ts'
import { entityWords, fieldWords, moduleOf, verbWords } from './audit-words.ts'
import { changedFields, maskedValues, type ChangedField } from './domain/changes.ts'

const HOME_ZONE = 'Asia/Shanghai'
const LONGEST_VALUE = 2_000
const LONGEST_TITLE = 100
/** Records of resources are masked when they are written down; what other writers call a number is masked here. */
const sensitiveName = /^(\w*phone|mobile|tel|telephone|identityNumber|idNumber|idCard\w*|certNumber)$/i

export interface Reader {
  readonly db: Queryable
  readonly user: CurrentUser
  readonly language: Language
}

/** Reads many entries one page after another; what it has looked up once it keeps. */
export class EntryViews {
  private readonly reader: Reader
  private readonly shapes = new Map<string, Shape | null>()
  /** By resource, then by id. */
  private readonly titles = new Map<string, Map<string, string>>()

  constructor(reader: Reader) {
    this.reader = reader
  }

  async viewsOf(rows: readonly AuditRow[]): Promise<AuditEntry[]> {
    const read = rows.map((row) => {
      const [before, after] = [this.shown(row, row.before), this.shown(row, row.after)]
      return { row, before, after, fields: changedFields(before, after) }
    })
    for (const { row } of read) await this.loadShape(row)
    await this.loadTitles(read)
    return read.map(({ row, before, after, fields }) => this.viewOf(row, before, after, fields))
  }

  private viewOf(
    row: AuditRow,
    before: unknown,
    after: unknown,
    fields: readonly ChangedField[],
  ): AuditEntry {
    const { language } = this.reader
    const { id, actor, ip, action, entity, entityId, requestId, projectId, projectName } = row
    const module = moduleOf(entity)
    const recorded = entityId === null ? undefined : this.titles.get(entity)?.get(entityId)
    return {
      ...{ id, actor, ip, action, entity, entityId, requestId, before, after },
      at: row.at.toISOString(),
      project: projectId === null ? null : { id: projectId, name: projectName ?? '' },
      words: {
        module: { code: module.code, text: module.label[language] },
        entity: entityWords(entity, language),
        verb: verbWords(entity, action, language),
      },
      title: recorded && recorded !== HIDDEN_TITLE ? recorded : namedIn(after, before),
      changes: fields.map((field) => this.changeOf(row, field)),
    }
  }

  private changeOf(row: AuditRow, { path, before, after }: ChangedField): AuditChange {
    const { language } = this.reader
    const field = this.fieldOf(row, path)
    const context = { language, timeZone: row.timeZone ?? HOME_ZONE }
    const text = (value: unknown) => this.textOf(value, field, context)
    const label = field ? field.label[language] : fieldWords(path, language)
    return { field: path.join('.'), label, before: text(before), after: text(after) }
  }

  private fieldOf(row: AuditRow, path: readonly string[]): Field | undefined {
    return this.shapes.get(keyOf(row))?.fields.find(({ name }) => name === path.join('.'))
  }

  private textOf(value: unknown, field: Field | undefined, context: CellContext): string | null {
    if (value === null || value === undefined) return null
    if (field?.kind === 'reference')
      return (typeof value === 'string' && this.titles.get(field.resource!)?.get(value)) || HIDDEN_TITLE
    // A number that was masked when it was written down is none any more
    const text =
      field && !field.sensitive ? cellTextOf(value as FieldValue, field, context) : plainText(value, context)
    return text.slice(0, LONGEST_VALUE)
  }

  /** What the reader may see of it. */
  private shown({ projectId }: AuditRow, value: unknown): unknown {
    const { user } = this.reader
    const whole =
      projectId === null ? hasEverywhere(user, SEE_SENSITIVE) : maySeeSensitive(user, { projectId })
    return whole ? value : maskedValues(value, (name) => (sensitiveName.test(name) ? maskPhone : null))
  }

  private async loadShape(row: AuditRow): Promise<void> {
    const key = keyOf(row)
    if (this.shapes.has(key)) return
    const resource = findResource(row.entity)
    this.shapes.set(key, resource ? await shapeOf(this.reader.db, resource, row.projectId) : null)
  }

  private async loadTitles(
    read: readonly { row: AuditRow; fields: readonly ChangedField[] }[],
  ): Promise<void> {
    const wanted = new Map<string, Set<string>>()
    const want = (name: string, id: unknown) => {
      if (typeof id !== 'string' || !isId.test(id)) return
      wanted.set(name, (wanted.get(name) ?? new Set()).add(id))
    }
    for (const { row, fields } of read) {
      if (findResource(row.entity)) want(row.entity, row.entityId)
      for (const { path, before, after } of fields) {
        const field = this.fieldOf(row, path)
        if (field?.kind !== 'reference') continue
        want(field.resource!, before)
        want(field.resource!, after)
      }
    }
    for (const [name, ids] of wanted) await this.loadTitlesOf(name, ids)
  }

  private async loadTitlesOf(name: string, ids: ReadonlySet<string>): Promise<void> {
    const known = this.titles.get(name) ?? new Map<string, string>()
    this.titles.set(name, known)
    const missing = [...ids].filter((id) => !known.has(id))
    const target = findResource(name)
    if (!target || missing.length === 0) return
    const found = await selectTitles(this.reader.db, target, this.reader.user, missing)
    for (const id of missing) known.set(id, found.get(id) ?? HIDDEN_TITLE)
  }
}

const keyOf = ({ entity, projectId }: AuditRow) => `${entity}/${projectId ?? ''}`

/** Fields by which things are called, the best first. */
const naming = ['displayName', 'name', 'title', 'username', 'code', 'number', 'month', 'key']

function namedIn(...values: readonly unknown[]): string | null {
  for (const value of values) {
    if (typeof value !== 'object' || value === null) continue
    for (const field of naming) {
      const named = (value as Record<string, unknown>)[field]
      if (typeof named === 'string' && named !== '') return named.slice(0, LONGEST_TITLE)
    }
  }
  return null
}

const isId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const yesNo = { zh: ['否', '是'], en: ['no', 'yes'] } as const
const isInstant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/

function plainText(value: unknown, context: CellContext): string {
  const { language, timeZone } = context
  if (typeof value === 'boolean') return yesNo[language][value ? 1 : 0]
  if (typeof value === 'string') return isInstant.test(value) ? localTextOf(value, timeZone) : value
  if (Array.isArray(value)) {
    return value.map((part: unknown) => plainText(part, context)).join(language === 'zh' ? '、' : ', ')
  }
  return typeof value === 'number' ? String(value) : JSON.stringify(value)
}
