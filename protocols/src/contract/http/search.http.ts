import * as z from 'zod'
import { Words } from '../resource.ts'
import { Id, type RouteTable } from './route.ts'

export const SearchHit = z.object({
  id: z.string(),
  title: z.string(),
  /** What tells it from others of the same name. */
  note: z.string(),
  /** Path of its page in the console. */
  href: z.string(),
})
export type SearchHit = z.infer<typeof SearchHit>

export const searchRoutes = {
  'GET /api/search': {
    summary: 'Things of a project whose name, number or address holds the words; a few of each kind',
    query: z.object({ projectId: Id, q: z.string().trim().min(1).max(100) }),
    response: z.object({
      groups: z.array(z.object({ kind: z.string(), label: Words, hits: z.array(SearchHit) })),
    }),
  },
} as const satisfies RouteTable
