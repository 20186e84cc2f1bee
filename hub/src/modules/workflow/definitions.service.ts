/** Definitions: edited as drafts, published as versions that never change. */
import type {
  CandidateNames,
  ProcessContent,
  ProcessDefinitionDetail,
  ProcessDefinitionSummary,
} from '@courtyard/protocols/contract'
import type { PoolClient } from 'pg'
import { auditAsSystem, type Audit } from '../../platform/audit/audit.ts'
import { hasEverywhere, type CurrentUser } from '../../platform/auth/user.ts'
import { fail, invalidInput, platformErrors } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import type { Reason } from '../../platform/reasons/reason.ts'
import { activePeople, knownRoles } from '../../platform/workflow/directory.repository.ts'
import { checkDefinition, type DefinitionFault } from '../../platform/workflow/engine/definition-check.ts'
import { workflowErrors } from '../../platform/workflow/errors.ts'
import { processSubject, processSubjects } from '../../platform/workflow/subjects.ts'
import { candidateNames } from './candidate-names.ts'
import {
  findContent,
  findDefinition,
  insertDefinition,
  insertVersion,
  listVersions,
  updateDefinition,
  type DefinitionChange,
  type DefinitionRow,
} from './definitions.repository.ts'

export interface Editor {
  readonly user: CurrentUser
  readonly audit: Audit
}

/**
 * A definition counts in every project: so must the permission.
 * @throws AppError `auth.forbidden`
 */
function requireEverywhere(user: CurrentUser): void {
  if (hasEverywhere(user, 'workflow.define')) return
  const permission = 'workflow.define'
  throw fail(platformErrors.forbidden, 'It counts in all projects, your role in some', { permission })
}

/** What is wrong with it here and now: subjects, roles and people as they are. */
export async function faultsOf(hub: Hub, content: ProcessContent): Promise<DefinitionFault[]> {
  const subject = processSubject(content.subject)
  const candidates = content.steps.flatMap((step) =>
    'candidates' in step ? [...step.candidates, ...step.deadlines.flatMap(({ to }) => to)] : [],
  )
  const named = candidates.flatMap((one) => (one.kind === 'people' ? one.ids : []))
  const roles = await knownRoles(hub.db.pool)
  return checkDefinition(content, {
    subject: subject && { fields: subject.fields, actions: Object.keys(subject.actions ?? {}) },
    roles: new Set(roles.map(({ code }) => code)),
    people: await activePeople(hub.db.pool, named),
  })
}

/** @throws AppError `process_definition.key_taken` */
export async function createDefinition(
  hub: Hub,
  { user, audit }: Editor,
  key: string,
  content: ProcessContent,
): Promise<void> {
  requireEverywhere(user)
  await hub.db.transaction(async (tx) => {
    const inserted = await insertDefinition(tx, key, content, user.displayName, hub.clock.now())
    if (!inserted) throw fail(workflowErrors.keyTaken, 'There is a definition of this key', { key })
    await audit(tx, {
      action: 'processDefinition.create',
      entity: 'processDefinition',
      entityId: key,
      after: content,
    })
  })
}

/** @throws AppError `process_definition.not_found`, `process_definition.stale` */
export function saveDraft(
  hub: Hub,
  editor: Editor,
  key: string,
  revision: number,
  content: ProcessContent,
): Promise<void> {
  return changeDefinition(hub, editor, key, revision, 'draft', async (tx, row) => {
    const shown = row.version === null ? content : (await findContent(tx, key, row.version))!
    return { draft: content, shown, version: row.version, retiredAt: row.retiredAt }
  })
}

/**
 * What runs stays on its version.
 * @throws AppError `process_definition.no_draft`; `input.invalid` with a path per step when something is wrong
 */
export function publishDraft(
  hub: Hub,
  editor: Editor,
  key: string,
  revision: number,
  note: string,
): Promise<void> {
  return changeDefinition(hub, editor, key, revision, 'publish', async (tx, row) => {
    if (row.draft === null) throw fail(workflowErrors.noDraft, 'Nothing was changed', { key })
    const faults = await faultsOf(hub, row.draft)
    if (faults.length > 0) {
      const issues = faults.map(({ step, reason }) => ({
        path: step === null ? 'process' : `steps.${step}`,
        reason,
      }))
      throw invalidInput('The definition can not run', issues)
    }
    const version = (row.version ?? 0) + 1
    await writeVersion(tx, key, version, row.draft, note, editor.user.displayName, hub.clock.now())
    return { draft: null, shown: row.draft, version, retiredAt: row.retiredAt }
  })
}

async function writeVersion(
  tx: PoolClient,
  key: string,
  version: number,
  content: ProcessContent,
  note: string,
  by: string,
  at: Date,
): Promise<void> {
  const { fields } = processSubject(content.subject)!
  await insertVersion(tx, { key, version, content, fields, note, by, at })
}

/** Back to the newest version; a definition without one stays a draft. */
export function discardDraft(hub: Hub, editor: Editor, key: string, revision: number): Promise<void> {
  return changeDefinition(hub, editor, key, revision, 'discard', async (tx, row) => {
    if (row.draft === null || row.version === null)
      throw fail(workflowErrors.noDraft, 'There is no version to go back to', { key })
    return {
      draft: null,
      shown: (await findContent(tx, key, row.version))!,
      version: row.version,
      retiredAt: row.retiredAt,
    }
  })
}

export function retireDefinition(
  hub: Hub,
  editor: Editor,
  key: string,
  revision: number,
  retired: boolean,
): Promise<void> {
  return changeDefinition(hub, editor, key, revision, retired ? 'retire' : 'reopen', async (tx, row) => {
    const shown = row.version === null ? row.draft! : (await findContent(tx, key, row.version))!
    return { draft: row.draft, shown, version: row.version, retiredAt: retired ? hub.clock.now() : null }
  })
}

type Change = Omit<DefinitionChange, 'by' | 'at'>

async function changeDefinition(
  hub: Hub,
  { user, audit }: Editor,
  key: string,
  revision: number,
  verb: string,
  change: (tx: PoolClient, row: DefinitionRow) => Promise<Change>,
): Promise<void> {
  requireEverywhere(user)
  await hub.db.transaction(async (tx) => {
    const row = await findDefinition(tx, key, true)
    if (!row) throw notFound(key)
    if (row.revision !== revision) {
      throw fail(workflowErrors.stale, 'Somebody changed it meanwhile', { key, revision: row.revision })
    }
    const next = await change(tx, row)
    await updateDefinition(tx, key, { ...next, by: user.displayName, at: hub.clock.now() })
    await audit(tx, {
      ...{ action: `processDefinition.${verb}`, entity: 'processDefinition', entityId: key },
      before: { version: row.version, draft: row.draft, retired: row.retiredAt !== null },
      after: { version: next.version, draft: next.draft, retired: next.retiredAt !== null },
    })
  })
}

const notFound = (key: string) =>
  fail(workflowErrors.definitionNotFound, 'There is no such definition', { key })

export function summaryOf(row: DefinitionRow): ProcessDefinitionSummary {
  const { key, subject, version, running, changedAt } = row
  return {
    ...{ key, subject, version, running },
    name: { zh: row.nameZh, en: row.nameEn },
    subjectLabel: { ...(processSubject(subject)?.label ?? { zh: subject, en: subject }) },
    hasDraft: row.draft !== null,
    retired: row.retiredAt !== null,
    changedAt: changedAt.toISOString(),
  }
}

/** @throws AppError `process_definition.not_found` */
export async function definitionDetail(
  hub: Hub,
  key: string,
  say: (reason: Reason) => string,
): Promise<ProcessDefinitionDetail> {
  const row = await findDefinition(hub.db.pool, key)
  if (!row) throw notFound(key)
  const content = row.draft ?? (await findContent(hub.db.pool, key, row.version!))!
  const [faults, versions, names] = await Promise.all([
    faultsOf(hub, content),
    listVersions(hub.db.pool, key),
    candidateNames(hub, content),
  ])
  return {
    ...summaryOf(row),
    revision: row.revision,
    content,
    names,
    issues: faults.map(({ step, reason }) => ({ step, reason: say(reason) })),
    versions: versions.map(({ publishedAt, ...one }) => ({ ...one, publishedAt: publishedAt.toISOString() })),
  }
}

/** @throws AppError `process_definition.not_found` */
export async function publishedContent(
  hub: Hub,
  key: string,
  version: number,
): Promise<{ content: ProcessContent; names: CandidateNames }> {
  const content = await findContent(hub.db.pool, key, version)
  if (!content) throw notFound(key)
  return { content, names: await candidateNames(hub, content) }
}

/** Definitions that are there from the start; those that somebody made or changed stay. Several processes may start at once. */
export async function seedDefinitions(hub: Hub): Promise<void> {
  const by = 'Courtyard'
  const audit = auditAsSystem('workflow')
  const given = processSubjects().flatMap(({ definitions }) => Object.entries(definitions ?? {}))
  for (const [key, content] of given) {
    await hub.db.transaction(async (tx) => {
      const at = hub.clock.now()
      if (!(await insertDefinition(tx, key, content, by, at))) return
      await writeVersion(tx, key, 1, content, '', by, at)
      await updateDefinition(tx, key, { draft: null, shown: content, version: 1, retiredAt: null, by, at })
      await audit(tx, {
        action: 'processDefinition.publish',
        entity: 'processDefinition',
        entityId: key,
        after: { version: 1 },
      })
    })
  }
}
