/** Keys of PostgreSQL advisory locks; one list so that two uses never meet. */
export const MIGRATION_LOCK = '4851830001'
/** Held for life by the hub that owns the embedded server. */
export const OWNER_LOCK = '4851830002'
/** One process at a time makes certificates of the hub's own. */
export const AUTHORITY_LOCK = '4851830003'
