/** Templates of printed documents: read, changed, tried out. */
import type {
  PrintContent,
  PrintKind,
  PrintTemplateDetail,
  PrintTemplateSummary,
  RouteResponse,
} from '@courtyard/protocols/contract'
import type { Audit } from '../../platform/audit/audit.ts'
import { requireWholeProject, type CurrentUser } from '../../platform/auth/user.ts'
import { fail, invalidInput } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import {
  builtinOf,
  chooseTemplate,
  compileTemplate,
  exampleData,
  holdPictures,
  insertTemplate,
  newestTemplates,
  papersOf,
  pictureIdsOf,
  picturesToDraw,
  printErrors,
  printFilters,
  printKind,
  printKinds,
  printerOf,
  said,
  versionsAt,
  type Look,
  type PrintField,
  type PrintKindDeclaration,
  type TemplateFault,
  type TemplateInForce,
  type TemplateSlot,
} from '../../platform/print/index.ts'
import { pictureFaults } from './pictures.service.ts'
import { MANAGE, requirePlace } from './place.ts'

const LANGUAGES = ['zh', 'en'] as const

export function listKinds(): PrintKind[] {
  return printKinds().map((kind) => ({
    key: kind.key,
    label: { ...kind.label },
    papers: papersOf(kind),
    fields: kind.fields.map(fieldView),
    lists: kind.lists.map(({ name, label, fields }) => ({
      ...{ name, label: { ...label } },
      fields: fields.map((field) => ({
        ...fieldView(field),
        name: `row.${field.name}`,
      })),
    })),
    filters: printFilters.map(({ name, label }) => ({
      name,
      label: { ...label },
    })),
  }))
}

const fieldView = ({ name, label, example }: PrintField) => ({
  ...{ name, label: { ...label } },
  example: String(said(example, 'zh')),
})

/** @throws AppError `project.not_found`, `auth.part_of_project`, `auth.forbidden` */
export async function listTemplates(
  hub: Hub,
  user: CurrentUser,
  projectId: string | null,
): Promise<PrintTemplateSummary[]> {
  requirePlace(user, projectId)
  const rows = await newestTemplates(hub.db.pool, projectId)
  return printKinds().flatMap((kind) =>
    papersOf(kind).flatMap((paper) =>
      LANGUAGES.map((language) => {
        const slot = { kind: kind.key, paper, language }
        const mine = rows.filter((row) => isSame(row, slot))
        return summaryOf(slot, chooseTemplate(mine, builtinOf(kind, paper, language)))
      }),
    ),
  )
}

const isSame = (row: TemplateSlot, slot: TemplateSlot): boolean =>
  row.kind === slot.kind && row.paper === slot.paper && row.language === slot.language

function summaryOf(slot: TemplateSlot, { source, row }: TemplateInForce): PrintTemplateSummary {
  return {
    ...slot,
    source,
    changedAt: row?.createdAt.toISOString() ?? null,
    changedBy: row?.createdBy ?? null,
  }
}

/** @throws AppError as `listTemplates`; `print.unknown_kind`, `print.paper_not_made` */
export async function readTemplate(
  hub: Hub,
  user: CurrentUser,
  key: string,
  { projectId, ...look }: Look & { readonly projectId: string | null },
): Promise<PrintTemplateDetail> {
  requirePlace(user, projectId)
  const kind = printKind(key)
  const builtin = builtinOf(kind, look.paper, look.language)
  const slot = { kind: key, ...look }
  const [rows, versions] = await Promise.all([
    newestTemplates(hub.db.pool, projectId, slot),
    versionsAt(hub.db.pool, projectId, slot),
  ])
  const inForce = chooseTemplate(rows, builtin)
  const elsewhere = rows.filter((row) => row.projectId !== projectId)
  return {
    ...summaryOf(slot, inForce),
    content: inForce.content,
    inherited: chooseTemplate(elsewhere, builtin).content,
    version: versions[0]?.version ?? 0,
    versions: versions.map(({ version, createdAt, createdBy, note, content }) => ({
      ...{
        version,
        at: createdAt.toISOString(),
        by: createdBy,
        note,
        content,
      },
    })),
  }
}

interface Change extends Look {
  readonly projectId: string | null
  readonly version: number
  readonly content: PrintContent | null
  readonly note: string
}

/** @throws AppError `input.invalid`, `print.template_changed`, and those of `readTemplate` */
export async function changeTemplate(
  hub: Hub,
  { user, audit }: { readonly user: CurrentUser; readonly audit: Audit },
  key: string,
  change: Change,
): Promise<PrintTemplateDetail> {
  const { projectId, content, note, version, ...look } = change
  requirePlace(user, projectId)
  const kind = printKind(key)
  builtinOf(kind, look.paper, look.language)
  if (content) await requireSound(hub, kind, content, { ...look, projectId })
  const slot = { kind: key, paper: look.paper, language: look.language }
  await hub.db.transaction(async (tx) => {
    const [newest] = await versionsAt(tx, projectId, slot)
    const row = {
      ...{ ...slot, projectId, content, note, version: version + 1 },
      ...{ createdBy: user.displayName, createdAt: hub.clock.now() },
    }
    const shown = content ? pictureIdsOf(content) : []
    // A picture that was removed since it was looked for is missed like any other change
    const isWhole = (await holdPictures(tx, projectId, shown)) === shown.length
    if ((newest?.version ?? 0) !== version || !isWhole || !(await insertTemplate(tx, row))) {
      throw fail(printErrors.templateChanged, 'Somebody has changed this meanwhile; look at it again')
    }
    await audit(tx, {
      action: 'printTemplate.change',
      entity: 'printTemplate',
      entityId: `${key}/${look.paper}/${look.language}`,
      projectId,
      before: { version, content: newest?.content ?? null },
      after: { version: version + 1, content, note },
    })
  })
  return readTemplate(hub, user, key, { projectId, ...look })
}

type Place = Look & { readonly projectId: string | null }

async function requireSound(
  hub: Hub,
  kind: PrintKindDeclaration,
  content: PrintContent,
  place: Place,
): Promise<void> {
  const faults = await faultsOf(hub, kind, content, place)
  if (faults.length === 0) return
  throw invalidInput(
    'The template is not valid',
    faults.map(({ path, reason }) => ({ path: `content.${path}`, reason })),
  )
}

async function faultsOf(
  hub: Hub,
  kind: PrintKindDeclaration,
  content: PrintContent,
  { language, projectId }: Place,
): Promise<readonly TemplateFault[]> {
  const compiled = compileTemplate(kind, content, language)
  const ofTexts = 'faults' in compiled ? compiled.faults : []
  return [...ofTexts, ...(await pictureFaults(hub, projectId, content))]
}

type Preview = RouteResponse<'POST /api/print-templates/:kind/preview'>

/** Pages of a record, or of the example; of a template with faults only these. */
export async function previewTemplate(
  hub: Hub,
  user: CurrentUser,
  key: string,
  {
    content,
    recordId,
    ...place
  }: Place & {
    readonly content: PrintContent
    readonly recordId: string | null
  },
): Promise<{ pages: Preview['pages']; faults: readonly TemplateFault[] }> {
  const { projectId, ...look } = place
  if (projectId !== null) requireWholeProject(user, projectId, MANAGE)
  const kind = printKind(key)
  builtinOf(kind, look.paper, look.language)
  const faults = await faultsOf(hub, kind, content, place)
  if (faults.length > 0) return { pages: [], faults }
  const data =
    recordId === null
      ? exampleData(kind, look.language)
      : (await kind.load(hub, user, recordId, look.language))?.data
  if (!data)
    throw fail(printErrors.recordNotFound, 'There is nothing to print', {
      id: recordId,
    })
  const pictures = await picturesToDraw(hub, projectId, content)
  return { pages: printerOf(kind, content, look, pictures)({ data }), faults }
}
