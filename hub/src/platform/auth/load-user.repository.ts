import type pg from 'pg'
import { grantOf, type GrantRow } from './grant-row.ts'
import type { CurrentUser } from './user.ts'

interface UserRow {
  readonly username: string
  readonly displayName: string
  readonly departmentId: string | null
  readonly departmentIds: readonly string[]
  readonly grants: readonly GrantRow[]
}

/** A person with the rights that he has now, for work that outlives his request; null when he is disabled or gone. */
export async function loadUser(
  db: Pick<pg.Pool, 'query'>,
  userId: string,
  now: Date,
): Promise<CurrentUser | null> {
  const { rows } = await db.query<UserRow>(
    `SELECT u.username, u.display_name AS "displayName", u.department_id::text AS "departmentId",
       array(WITH RECURSIVE below AS (
           SELECT id FROM department WHERE id = u.department_id
           UNION SELECT d.id FROM department d JOIN below ON d.parent_id = below.id)
         SELECT id::text FROM below) AS "departmentIds",
       coalesce((SELECT jsonb_agg(jsonb_build_object('role', r.code, 'permissions', r.permissions,
           'allProjects', g.all_projects, 'projectIds', g.project_ids, 'records', g.records,
           'buildings', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', b.id, 'projectId', b.project_id)), '[]')
             FROM building b WHERE b.id = ANY(g.building_ids))))
         FROM role_assignment g JOIN role r ON r.id = g.role_id AND r.archived_at IS NULL
         WHERE g.user_id = u.id AND (g.until_at IS NULL OR g.until_at > $2)), '[]') AS grants
     FROM app_user u WHERE u.id = $1 AND u.disabled_at IS NULL`,
    [userId, now],
  )
  const row = rows[0]
  if (!row) return null
  const { departmentIds, grants, ...person } = row
  return { id: userId, ...person, grants: grants.map((grant) => grantOf(grant, departmentIds)) }
}
