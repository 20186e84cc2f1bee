/** One search over what the modules keep: records of the kit by themselves, the rest through `registerSearcher`. */
import { inScope, requireProject, type CurrentUser } from '../../platform/auth/user.ts'
import { route } from '../../platform/http/route.ts'
import type { Hub, HubApp, HubModule } from '../../platform/module.ts'
import { allSearchers, type SearchQuery, type Searcher } from '../../platform/search/search.ts'
import { resourceSearcher } from './resource-searcher.ts'

const HITS_PER_KIND = 6

export const searchModule: HubModule = {
  name: 'search',
  routes(app: HubApp) {
    const own = new Set(allSearchers().map(({ kind }) => kind))
    const ofResources = app.resources
      .filter(({ name }) => !own.has(name))
      .flatMap((resource) => resourceSearcher(resource) ?? [])
    route(app, 'GET /api/search', { permission: 'signedIn', forKeys: true }, async ({ hub, user, query }) => {
      requireProject(user, query.projectId)
      return { groups: await searchAll(hub, user, [...ofResources, ...allSearchers()], query) }
    })
  },
}

async function searchAll(
  hub: Hub,
  user: CurrentUser,
  searchers: readonly Searcher[],
  { projectId, q }: Pick<SearchQuery, 'projectId' | 'q'>,
) {
  const allowed = searchers.filter(({ permission }) => inScope(user, projectId, permission))
  const groups = await Promise.all(
    allowed.map(async (searcher) => ({
      kind: searcher.kind,
      label: { zh: searcher.label.zh, en: searcher.label.en },
      hits: await searcher.search(hub, user, { projectId, q, limit: HITS_PER_KIND }),
    })),
  )
  return groups.filter(({ hits }) => hits.length > 0)
}
