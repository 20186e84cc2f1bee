import type { PrismaClient } from '../../generated/prisma/client.ts'
import type { PrismaTransaction } from '../database/database.ts'
import type { GrantRow } from './grant-row.ts'

type Client = PrismaClient | PrismaTransaction

export interface NewSession {
  readonly id: Uint8Array<ArrayBuffer>
  readonly userId: string
  readonly csrfToken: string
  readonly ip: string | null
  readonly userAgent: string | null
  readonly createdAt: Date
  readonly lastSeenAt: Date
  readonly expiresAt: Date
}

/** A session with the person whose rights count, and who really sits there when that is somebody else. */
export interface SessionRow {
  readonly csrfToken: string
  readonly lastSeenAt: Date
  readonly expiresAt: Date
  readonly userId: string
  readonly username: string
  readonly displayName: string
  readonly departmentId: string | null
  readonly disabledAt: Date | null
  readonly departmentIds: readonly string[]
  readonly grants: readonly GrantRow[]
  readonly actorId: string | null
  readonly actorUsername: string | null
  readonly actorDisplayName: string | null
  readonly actorDisabledAt: Date | null
  readonly actingSince: Date | null
}

export const sessionRepository = {
  insert: (client: Client, session: NewSession) => client.session.create({ data: session }),

  /** Everything that a request needs to know of the person, in one statement. */
  async find(client: Client, id: Uint8Array<ArrayBuffer>, now: Date): Promise<SessionRow | null> {
    const rows = await client.$queryRaw<SessionRow[]>`
      select s.csrf_token as "csrfToken", s.last_seen_at as "lastSeenAt", s.expires_at as "expiresAt",
        u.id::text as "userId", u.username, u.display_name as "displayName", u.department_id::text as "departmentId",
        u.disabled_at as "disabledAt", s.acting_since as "actingSince",
        a.id::text as "actorId", a.username as "actorUsername", a.display_name as "actorDisplayName",
        a.disabled_at as "actorDisabledAt",
        array(with recursive below as (
            select id from department where id = u.department_id
            union select d.id from department d join below on d.parent_id = below.id)
          select id::text from below order by 1) as "departmentIds",
        coalesce((select jsonb_agg(jsonb_build_object('role', r.code, 'permissions', r.permissions,
            'allProjects', g.all_projects, 'projectIds', g.project_ids, 'records', g.records,
            'buildings', (select coalesce(jsonb_agg(jsonb_build_object('id', b.id, 'projectId', b.project_id) order by b.id), '[]')
              from building b where b.id = any(g.building_ids))) order by g.id)
          from role_assignment g join role r on r.id = g.role_id and r.archived_at is null
          where g.user_id = u.id and (g.until_at is null or g.until_at > ${now})), '[]') as grants
      from session s join app_user u on u.id = coalesce(s.acting_as_id, s.user_id)
        left join app_user a on s.acting_as_id is not null and a.id = s.user_id
      where s.id = ${id}`
    return rows[0] ?? null
  },

  /** Gone already when the person signed out meanwhile: no error. */
  extend: (client: Client, id: Uint8Array<ArrayBuffer>, lastSeenAt: Date, expiresAt: Date) =>
    client.session.updateMany({ where: { id }, data: { lastSeenAt, expiresAt } }),

  /** @returns false when the session ended, or somebody acts in it already (or no more) */
  async setActing(
    client: Client,
    id: Uint8Array<ArrayBuffer>,
    change: { actingAsId: string | null; actingSince: Date | null; csrfToken: string },
  ): Promise<boolean> {
    const { count } = await client.session.updateMany({
      where: { id, actingAsId: change.actingAsId === null ? { not: null } : null },
      data: change,
    })
    return count === 1
  },

  remove: (client: Client, id: Uint8Array<ArrayBuffer>) => client.session.deleteMany({ where: { id } }),

  /** Those in which somebody else acts as the user end too. */
  removeOfUser: (client: Client, userId: string, except?: Uint8Array<ArrayBuffer>) =>
    client.session.deleteMany({
      where: { OR: [{ userId }, { actingAsId: userId }], ...(except ? { id: { not: except } } : {}) },
    }),

  removeActingOf: (client: Client, userId: string) =>
    client.session.deleteMany({ where: { userId, actingAsId: { not: null } } }),

  removeExpired: (client: Client, now: Date) =>
    client.session.deleteMany({ where: { expiresAt: { lt: now } } }),
}
