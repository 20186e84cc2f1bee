/** Projects that an account sees; null: all of them, also those to come. */
export type ProjectIds = readonly string[] | null

/**
 * Whether somebody who sees `own` may give or take an account that sees `theirs`: who keeps some projects must neither
 * make himself one for all, nor touch those who see more.
 */
export function covers(own: ProjectIds, theirs: ProjectIds): boolean {
  if (own === null) return true
  return theirs !== null && theirs.every((id) => own.includes(id))
}
