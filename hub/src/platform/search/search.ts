/** Kinds of things that the search of the console finds; modules register theirs when they are loaded. */
import type { Permission, SearchHit } from '@courtyard/protocols/contract'
import type { CurrentUser } from '../auth/user.ts'
import type { Hub } from '../module.ts'
import type { Texts } from '../reasons/reason.ts'

export interface SearchQuery {
  readonly projectId: string
  /** Not empty. */
  readonly q: string
  /** Most hits of a kind. */
  readonly limit: number
}

export interface Searcher {
  readonly kind: string
  readonly label: Texts
  /** Who lacks it is not asked for; the scope is the searcher's own matter. */
  readonly permission: Permission
  search(hub: Hub, user: CurrentUser, query: SearchQuery): Promise<SearchHit[]>
}

const searchers: Searcher[] = []

export function registerSearcher(searcher: Searcher): void {
  if (searchers.some(({ kind }) => kind === searcher.kind))
    throw new Error(`searcher ${searcher.kind} is registered twice`)
  searchers.push(searcher)
}

/** In the order in which the modules were loaded. */
export function allSearchers(): readonly Searcher[] {
  return searchers
}
