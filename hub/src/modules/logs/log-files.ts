/** Both logs whole, as files. */
import { pipeline } from 'node:stream/promises'
import type { PoolClient } from 'pg'
import type {
  AuditEntry,
  AuditFilter,
  SignInEntry,
  SignInFace,
  SignInFilter,
  SignInReason,
} from '@courtyard/protocols/contract'
import { auditAs, type AuditedChange } from '../../platform/audit/audit.ts'
import type { FileAnswer } from '../../platform/http/file-route.ts'
import type { Texts } from '../../platform/reasons/reason.ts'
import type { RecordContext } from '../../platform/resource/context.ts'
import { localTextOf } from '../../platform/resource/local-time.ts'
import {
  mediaTypes,
  sheetFileName,
  sheetStream,
  type SheetFormat,
} from '../../platform/resource/sheet/sheet-file.ts'
import { selectAudit } from './audit-log.repository.ts'
import { EntryViews } from './entry-view.ts'
import { signInOf, wishOf } from './logs.service.ts'
import { selectSignIns } from './sign-ins.repository.ts'

type Context = RecordContext

/** Rows of one step of an export. */
const STEP = 500
const ZONE = 'Asia/Shanghai'

type PagesOf<T> = (client: PoolClient) => (before: string | null) => Promise<readonly T[]>

interface Column<T> {
  readonly head: Texts
  readonly kind?: 'instant'
  readonly width: number
  readonly cell: (row: T, context: Context) => string
}

const local = (at: string, zone = ZONE) => localTextOf(at, zone)

const auditColumns: readonly Column<AuditEntry>[] = [
  { head: { zh: '时间', en: 'Time' }, kind: 'instant', width: 19, cell: ({ at }) => local(at) },
  { head: { zh: '操作人', en: 'Who' }, width: 20, cell: ({ actor }) => actor },
  { head: { zh: 'IP 地址', en: 'Address' }, width: 16, cell: ({ ip }) => ip ?? '' },
  { head: { zh: '模块', en: 'Part' }, width: 18, cell: ({ words }) => words.module.text },
  { head: { zh: '对象', en: 'Thing' }, width: 16, cell: ({ words }) => words.entity },
  { head: { zh: '名称', en: 'Name' }, width: 24, cell: ({ title }) => title ?? '' },
  { head: { zh: '对象编号', en: 'Id' }, width: 38, cell: ({ entityId }) => entityId ?? '' },
  { head: { zh: '操作', en: 'What' }, width: 18, cell: ({ words }) => words.verb },
  { head: { zh: '项目', en: 'Project' }, width: 18, cell: ({ project }) => project?.name ?? '' },
  { head: { zh: '改动', en: 'Changes' }, width: 60, cell: ({ changes }) => changes.map(lineOf).join('\n') },
]

const lineOf = ({ label, before, after }: AuditEntry['changes'][number]) =>
  `${label}: ${[before, after].filter((one) => one !== null).join(' → ')}`

const reasonTexts: Readonly<Record<SignInReason, Texts>> = {
  unknownName: { zh: '没有这个用户', en: 'no such user' },
  wrongPassword: { zh: '密码错误', en: 'wrong password' },
  wrongCode: { zh: '验证码错误或过期', en: 'wrong code, or too late' },
  locked: { zh: '账号已锁定', en: 'account locked' },
  disabled: { zh: '账号已停用', en: 'account disabled' },
}

const notOnFile: Texts = { zh: '号码没有登记', en: 'phone not on file' }

/** At the portal a name is a phone. */
function reasonOf({ face, reason }: SignInEntry): Texts | null {
  if (reason === null) return null
  return face === 'portal' && reason === 'unknownName' ? notOnFile : reasonTexts[reason]
}

const faceTexts: Readonly<Record<SignInFace, Texts>> = {
  staff: { zh: '员工', en: 'staff' },
  portal: { zh: '业主端', en: 'portal' },
}

const signInColumns: readonly Column<SignInEntry>[] = [
  { head: { zh: '时间', en: 'Time' }, kind: 'instant', width: 19, cell: ({ at }) => local(at) },
  {
    head: { zh: '入口', en: 'Where' },
    width: 10,
    cell: ({ face }, { language }) => faceTexts[face][language],
  },
  {
    head: { zh: '用户名', en: 'Username' },
    width: 20,
    cell: ({ user, phone, unknownName }) => user?.username ?? phone ?? `#${unknownName ?? ''}`,
  },
  { head: { zh: '姓名', en: 'Name' }, width: 16, cell: ({ user }) => user?.displayName ?? '' },
  { head: { zh: 'IP 地址', en: 'Address' }, width: 16, cell: ({ ip }) => ip ?? '' },
  { head: { zh: '设备', en: 'Device' }, width: 24, cell: ({ device }) => device ?? '' },
  {
    head: { zh: '结果', en: 'Result' },
    width: 10,
    cell: ({ admitted }, { language }) =>
      (admitted ? { zh: '成功', en: 'let in' } : { zh: '拒绝', en: 'refused' })[language],
  },
  {
    head: { zh: '原因', en: 'Why' },
    width: 20,
    cell: (entry, { language }) => reasonOf(entry)?.[language] ?? '',
  },
]

/** @throws AppError `project.not_found` */
export async function exportAudit(
  context: Context,
  { format, ...filter }: AuditFilter & { format: SheetFormat },
  gone: AbortSignal,
): Promise<FileAnswer> {
  const wish = wishOf(context, filter)
  const pages = (client: PoolClient) => {
    const views = new EntryViews({ db: client, user: context.user, language: context.language })
    return async (before: string | null) => {
      const rows = await selectAudit(client, context.user, wish, { before, limit: STEP })
      return letGo(rows, await views.viewsOf(rows))
    }
  }
  const title = { zh: '操作日志', en: 'Operation log' }
  await noteExport(context, {
    action: 'operationLog.export',
    entity: 'operationLog',
    after: { format, ...filter },
  })
  return fileOf(context, title, format, auditColumns, pages, gone)
}

export async function exportSignIns(
  context: Context,
  { format, ...filter }: SignInFilter & { format: SheetFormat },
  gone: AbortSignal,
): Promise<FileAnswer> {
  const pages = (client: PoolClient) => async (before: string | null) =>
    (await selectSignIns(client, context.user, filter, { before, limit: STEP })).map((row) =>
      signInOf(row, context.user),
    )
  const title = { zh: '登录日志', en: 'Sign-in log' }
  await noteExport(context, { action: 'signInLog.export', entity: 'signInLog', after: { format, ...filter } })
  return fileOf(context, title, format, signInColumns, pages, gone)
}

function noteExport({ hub, actor }: Context, change: AuditedChange): Promise<void> {
  return hub.db.transaction((tx) => auditAs(actor)(tx, change))
}

/** Promises of the driver hold the array of a result until V8 collects its old space: rows that are read go at once. */
function letGo<T>(rows: unknown[], read: T): T {
  rows.length = 0
  return read
}

async function fileOf<T extends { readonly id: string }>(
  context: Context,
  title: Texts,
  format: SheetFormat,
  columns: readonly Column<T>[],
  pagesOf: PagesOf<T>,
  gone: AbortSignal,
): Promise<FileAnswer> {
  const { language, hub } = context
  const heads = columns.map(({ head, kind, width }) => ({
    head: head[language],
    kind: kind ?? ('text' as const),
    width,
  }))
  const name = title[language]
  const file = await hub.exporter.writeHere(name, gone, (target) =>
    hub.db.transaction(async (client) => {
      await client.query('set transaction isolation level repeatable read, read only')
      let count = 0
      const rows = walk(pagesOf(client), (read) => (count += read))
      await pipeline(sheetStream(format, name, heads, cellsOf(context, columns, rows)), target, {
        signal: gone,
      })
      return count
    }),
  )
  return { ...file, fileName: sheetFileName(format, name, hub.clock.now()), mediaType: mediaTypes[format] }
}

async function* cellsOf<T>(
  context: Context,
  columns: readonly Column<T>[],
  rows: AsyncIterable<readonly T[]>,
): AsyncGenerator<string[][]> {
  for await (const chunk of rows) yield chunk.map((row) => columns.map(({ cell }) => cell(row, context)))
}

/** The whole list, a step at a time. */
async function* walk<T extends { readonly id: string }>(
  pageOf: ReturnType<PagesOf<T>>,
  told: (rows: number) => void,
): AsyncGenerator<readonly T[]> {
  let before: string | null = null
  for (;;) {
    const rows: readonly T[] = await pageOf(before)
    told(rows.length)
    if (rows.length > 0) yield rows
    if (rows.length < STEP) return
    before = rows.at(-1)!.id
  }
}
