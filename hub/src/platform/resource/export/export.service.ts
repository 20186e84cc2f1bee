/** A list as a file. */
import type { ExportQuery } from '@courtyard/protocols/contract'
import type * as z from 'zod'
import { auditAs } from '../../audit/audit.ts'
import { requireProject } from '../../auth/user.ts'
import { invalidInput } from '../../errors.ts'
import type { FileAnswer } from '../../http/file-route.ts'
import type { RecordContext } from '../context.ts'
import type { Field } from '../field.ts'
import { hasMoreThan, queryOf, sortingOf } from '../list.repository.ts'
import type { Resource } from '../resource.ts'
import { loadTimeZone } from '../shape.repository.ts'
import { fieldOfShape, shapeOf, type Shape } from '../shape.ts'
import { mediaTypes, sheetFileName } from '../sheet/sheet-file.ts'
import { SHORT_ROWS } from './exporter.ts'
import { makeOrder } from './make-order.ts'

/**
 * @param gone aborted when nobody waits for the file any more
 * @throws AppError `input.invalid`, `project.not_found`, and those of `Exporter.write`
 */
export async function exportRecords(
  context: RecordContext,
  resource: Resource,
  wanted: z.infer<typeof ExportQuery>,
  gone: AbortSignal,
): Promise<FileAnswer> {
  const { hub, user, language } = context
  const { pool } = hub.db
  if (wanted.projectId) requireProject(user, wanted.projectId, resource.permissions.read)
  const projectId = wanted.projectId ?? null
  const shape = await shapeOf(pool, resource, projectId)
  const fields = columnsOf(shape, wanted.columns)
  const query = queryOf(shape, user, wanted)
  const sorting = sortingOf(shape, wanted.sort)
  const cells = { language, timeZone: await loadTimeZone(pool, projectId) }
  const { format, columns: _, ...list } = wanted
  const order = makeOrder({ user, query, sorting, fields, format, cells })
  const isShort = !(await hasMoreThan(pool, query, SHORT_ROWS))
  await hub.db.transaction((tx) =>
    auditAs(context.actor)(tx, {
      action: `${resource.name}.export`,
      entity: resource.name,
      projectId,
      after: { format, ...list, columns: fields.map(({ name }) => name) },
    }),
  )
  const file = await hub.exporter.write(order, isShort, gone)
  const fileName = sheetFileName(format, resource.label[language], hub.clock.now())
  return { ...file, fileName, mediaType: mediaTypes[format] }
}

/** The named fields, else those of the list; files have no cells for pictures. */
function columnsOf(shape: Shape, text: string | undefined): Field[] {
  const names = text?.split(',').filter(Boolean)
  const fields = names
    ? names.map((name) => fieldOfShape(shape, name) ?? unknownColumn(name))
    : shape.fields.filter(({ list }) => list)
  const written = fields.filter(({ kind }) => kind !== 'attachments')
  return written.length > 0 ? written : [fieldOfShape(shape, shape.resource.titleField)!]
}

function unknownColumn(name: string): never {
  const reason = { code: 'input.unknown_keys', keys: name }
  throw invalidInput('There is no such column', [{ path: 'query.columns', reason }])
}
