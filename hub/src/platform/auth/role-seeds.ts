/** Rows of the built-in roles, with the permissions that modules give them from the start. */
import type { Database } from '../database/database.ts'
import { builtinRoleCodes, ADMINISTRATOR } from './builtin-roles.ts'
import { defaultsOf } from './permissions.ts'

/**
 * Makes roles that are missing and gives new defaults to those that are there. A default is given once: what was
 * taken away from a role stays away. Several processes may start at the same time.
 */
export async function seedRoles(db: Database): Promise<void> {
  const seeds = builtinRoleCodes.map((code) => ({
    code,
    defaults: code === ADMINISTRATOR ? [] : defaultsOf(code),
  }))
  await db.pool.query(
    `insert into role as r (code, builtin, permissions, known_defaults)
     select s.code, true, s.defaults, s.defaults
     from jsonb_to_recordset($1::jsonb) as s (code text, defaults text[])
     on conflict (code) do update set
       permissions = array(select distinct unnest(r.permissions
         || array(select unnest(excluded.known_defaults) except select unnest(r.known_defaults))) order by 1),
       known_defaults = array(select distinct unnest(r.known_defaults || excluded.known_defaults) order by 1),
       version = r.version + 1
     where not r.known_defaults @> excluded.known_defaults`,
    [JSON.stringify(seeds)],
  )
}
