/** People and owners of a project, for a file of rooms that names them. Set-based, over tables of the people (ADR 9). */
import type pg from 'pg'
import { personKey, type KnownOwners, type OwnerPlan } from './domain/owner-import.ts'

const ALWAYS = new Date(0)

export async function loadOwners(
  client: pg.ClientBase,
  projectId: string,
): Promise<KnownOwners & { readonly names: ReadonlyMap<string, string> }> {
  const people = await client.query<{ id: string; name: string; phone: string | null }>(
    'SELECT id, name, phone FROM party WHERE project_id = $1 AND archived_at IS NULL ORDER BY created_at DESC',
    [projectId],
  )
  const owners = await client.query<{ roomId: string; partyId: string; name: string; current: boolean }>(
    `SELECT r.room_id AS "roomId", r.party_id AS "partyId", p.name, r.to_at IS NULL AS current
     FROM party_role r JOIN party p ON p.id = r.party_id WHERE r.project_id = $1 AND r.role = 'owner'`,
    [projectId],
  )
  const now = owners.rows.filter(({ current }) => current)
  return {
    current: new Map(now.map(({ roomId, partyId }) => [roomId, partyId])),
    everOwned: new Set(owners.rows.map(({ roomId }) => roomId)),
    // The oldest of those alike is last and stays
    people: new Map(people.rows.map(({ id, name, phone }) => [personKey(name, phone), id])),
    names: new Map([
      ...people.rows.map(({ id, name }) => [id, name] as const),
      ...now.map(({ partyId, name }) => [partyId, name] as const),
    ]),
  }
}

export async function saveOwners(
  client: pg.ClientBase,
  projectId: string,
  { people, roles }: OwnerPlan,
  userId: string,
  now: Date,
): Promise<void> {
  await client.query(
    `INSERT INTO party (id, project_id, name, phone, created_at, created_by, updated_at, updated_by)
     SELECT id, $1, name, phone, $2::timestamptz, $3::uuid, $2::timestamptz, $3::uuid
     FROM unnest($4::uuid[], $5::text[], $6::text[]) AS new (id, name, phone)`,
    [
      ...[projectId, now, userId, people.map(({ id }) => id)],
      ...[people.map(({ name }) => name), people.map(({ phone }) => phone)],
    ],
  )
  await client.query(
    `INSERT INTO party_role (project_id, building_id, room_id, party_id, role, share_percent, from_at, created_at, created_by)
     SELECT $1, building, room, party, 'owner', share, CASE WHEN always THEN $2::timestamptz ELSE $3::timestamptz END,
       $3::timestamptz, $4::uuid
     FROM unnest($5::uuid[], $6::uuid[], $7::uuid[], $8::numeric[], $9::boolean[])
       AS new (building, room, party, share, always)`,
    [
      ...[projectId, ALWAYS, now, userId],
      ...[roles.map(({ buildingId }) => buildingId), roles.map(({ roomId }) => roomId)],
      ...[roles.map(({ partyId }) => partyId), roles.map(({ share }) => share)],
      roles.map(({ since }) => since === 'always'),
    ],
  )
}
