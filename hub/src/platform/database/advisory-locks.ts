/** Keys of PostgreSQL advisory locks; one list so that two uses never meet. */
export const MIGRATION_LOCK = '4851830001'
/** Held for life by the hub that owns the embedded server. */
export const OWNER_LOCK = '4851830002'
/** One process at a time makes certificates of the hub's own. */
export const AUTHORITY_LOCK = '4851830003'
/** Held while a backup is made: whoever gets it knows that none is alive. */
export const BACKUP_LOCK = '4851830004'
/** Shared by who computes usage from readings, exclusive for who says that old ones go. */
export const HORIZON_LOCK = '4851830005'
/** One process at a time moves old readings into archives, or back. */
export const ARCHIVE_LOCK = '4851830006'
