/** A batch as evidence: where it came from, and the fingerprint of its bytes. */
import type { PoolClient } from 'pg'
import type { BatchEvidence } from '@courtyard/protocols/contract'

interface EvidenceRow {
  id: string
  gatewayId: string
  gatewayName: string
  projectId: string
  outbox: string
  sequence: string
  receivedAt: Date
  readings: number
  firstAt: Date | null
  lastAt: Date | null
  bytes: number
  sha256: string
}

/** Null when there is no such batch. The caller checks `projectId` against the person's scope. */
export async function batchEvidence(
  client: Pick<PoolClient, 'query'>,
  batchId: bigint | string,
): Promise<(BatchEvidence & { projectId: string }) | null> {
  const { rows } = await client.query<EvidenceRow>(
    `select b.id::text, b.gateway_id as "gatewayId", g.name as "gatewayName", g.project_id as "projectId", b.outbox,
       b.sequence::text, b.received_at as "receivedAt", b.readings, b.first_at as "firstAt", b.last_at as "lastAt",
       coalesce(b.payload_bytes, length(b.payload)) as bytes,
       encode(coalesce(b.payload_sha256, sha256(b.payload)), 'hex') as sha256
     from reading_batch b join gateway g on g.id = b.gateway_id where b.id = $1::bigint`,
    [batchId.toString()],
  )
  const row = rows[0]
  return row
    ? {
        ...row,
        receivedAt: row.receivedAt.toISOString(),
        firstAt: row.firstAt?.toISOString() ?? null,
        lastAt: row.lastAt?.toISOString() ?? null,
      }
    : null
}
