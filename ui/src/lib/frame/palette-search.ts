import { call } from '#lib/api/client.ts'
import { label } from '#lib/format/index.svelte.ts'
import { session } from '#lib/state/session.svelte.ts'
import { places } from './navigation.ts'
import { seesPlace, systemGroups } from './system-places.ts'
import { m } from '#lib/paraglide/messages.js'

export interface Hit {
  readonly key: string
  readonly group: string
  readonly text: string
  readonly note: string
  readonly href: string
}

/** Pages whose name holds the words; the main ones for no words. */
export function pageHits(words: string): Hit[] {
  const wanted = words.toLowerCase()
  const system = wanted === '' ? [] : systemGroups.flatMap((group) => group.places)
  const hits = [...places, ...system]
    .filter(seesPlace)
    .map((place) => ({
      key: place.href,
      group: m.palette_pages(),
      text: place.text(),
      note: '',
      href: place.href,
    }))
    .filter((hit) => hit.text.toLowerCase().includes(wanted))
  return hits.filter((hit, at) => hits.findIndex(({ key }) => key === hit.key) === at)
}

/** What the hub finds in the project, by kind. */
export async function searchHub(q: string, signal: AbortSignal): Promise<Hit[]> {
  const { groups } = await call('GET /api/search', { query: { projectId: session.projectId, q }, signal })
  return groups.flatMap((group) =>
    group.hits.map((hit) => ({
      key: `${group.kind}.${hit.id}`,
      group: label(group.label),
      text: hit.title,
      note: hit.note,
      href: hit.href,
    })),
  )
}

const RECENT = 6
// Names of people may be among them: they end with the tab.
const recentKey = (): string => `courtyard.recent.${session.user?.id}.${session.projectId}`

/** What was opened from the palette lately, the latest first. */
export function recentHits(): Hit[] {
  try {
    const kept = JSON.parse(sessionStorage.getItem(recentKey()) ?? '[]') as Hit[]
    return kept.map((hit) => ({ ...hit, key: `recent.${hit.key}`, group: m.kit_palette_recent() }))
  } catch {
    return []
  }
}

export function rememberHit({ key, ...hit }: Hit): void {
  const plain = { ...hit, key: key.replace(/^recent\./, '') }
  const others = recentHits().filter(({ href }) => href !== hit.href)
  const kept = [plain, ...others.map((other) => ({ ...other, key: other.key.slice('recent.'.length) }))]
  sessionStorage.setItem(recentKey(), JSON.stringify(kept.slice(0, RECENT)))
}
