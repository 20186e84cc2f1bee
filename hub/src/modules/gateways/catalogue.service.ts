/** Takes in what a gateway says that it reads. */
import { CatalogueMessage } from '@courtyard/protocols/contract'
import type { Hub } from '../../platform/module.ts'
import type { Reason } from '../../platform/reasons/reason.ts'
import { reasonOfIssue, withInput } from '../../platform/reasons/zod-reason.ts'
import { lockGateway, storeCatalogue, storedPoints } from './catalogue.repository.ts'
import { findContradictions, findReinterpretations } from './domain/catalogue-check.ts'
import { hooksOf, type CatalogueChange } from './hooks.ts'
import type { GatewayReason } from './reasons.ts'

const MAX_FAULTS = 20

export type CatalogueResult =
  | { readonly kind: 'stored'; readonly revision: string; readonly projectId: string }
  | { readonly kind: 'refused'; readonly revision: string; readonly reason: Reason }
  /** The gateway is unknown or revoked. */
  | { readonly kind: 'foreign' }

/** Stores the whole catalogue or nothing of it. Rejects when the database does. */
export async function takeCatalogue(hub: Hub, gatewayId: string, json: unknown): Promise<CatalogueResult> {
  const parsed = CatalogueMessage.safeParse(json, withInput)
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue): GatewayReason => {
      return { code: 'catalogue.field', path: issue.path.join('.'), fault: reasonOfIssue(issue) }
    })
    return refused(revisionOf(json), faults)
  }
  const catalogue = parsed.data
  const contradictions = findContradictions(catalogue)
  if (contradictions.length > 0) return refused(catalogue.revision, contradictions)
  const result = await store(hub, gatewayId, catalogue).catch((error: unknown): CatalogueResult => {
    // Text or numbers that PostgreSQL can't hold: sending it again would not help
    if (!isDataFault(error)) throw error
    return refused(catalogue.revision, [{ code: 'catalogue.unstorable', fault: (error as Error).message }])
  })
  if (result.kind === 'stored') {
    const change = { gatewayId, projectId: result.projectId, revision: catalogue.revision }
    for (const listener of hooksOf(hub).catalogueCommitted) listener(change)
  }
  return result
}

async function store(hub: Hub, gatewayId: string, catalogue: CatalogueMessage): Promise<CatalogueResult> {
  return hub.db.transaction(async (client): Promise<CatalogueResult> => {
    const gateway = await lockGateway(client, gatewayId)
    if (!gateway) return { kind: 'foreign' }
    const faults = findReinterpretations(catalogue, await storedPoints(client, gatewayId))
    if (faults.length > 0) return refused(catalogue.revision, faults)
    const { projectId } = gateway
    await storeCatalogue(client, { id: gatewayId, projectId }, catalogue, hub.clock.now())
    const change: CatalogueChange = { gatewayId, projectId, revision: catalogue.revision }
    for (const listener of hooksOf(hub).catalogueStored) await listener(client, change)
    return { kind: 'stored', revision: catalogue.revision, projectId }
  })
}

function refused(revision: string, faults: readonly GatewayReason[]): CatalogueResult {
  const told = faults.slice(0, MAX_FAULTS)
  const left = faults.length - told.length
  if (left > 0) told.push({ code: 'catalogue.more', count: left })
  return { kind: 'refused', revision, reason: { code: 'catalogue.refused', faults: told } }
}

function revisionOf(json: unknown): string {
  const revision =
    typeof json === 'object' && json !== null ? (json as { revision?: unknown }).revision : null
  return typeof revision === 'string' ? revision.slice(0, 100) : ''
}

function isDataFault(error: unknown): boolean {
  const code = error instanceof Error ? (error as { code?: unknown }).code : null
  return typeof code === 'string' && /^2[23][0-9A-Z]{3}$/.test(code)
}
