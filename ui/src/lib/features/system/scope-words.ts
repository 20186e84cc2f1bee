import type { Place } from '@courtyard/protocols/contract'
import { session } from '#lib/state/session.svelte.ts'
import { m } from '#lib/paraglide/messages.js'

/** A place in few words: the names of its projects, and how many buildings of others. */
export function placeWords(place: Place): string {
  if (place.all) return m.user_all_projects()
  const name = (id: string) => session.projects.find((project) => project.id === id)?.name ?? '…'
  const whole =
    place.projectIds.length > 3
      ? [m.sys_place_projects({ count: place.projectIds.length })]
      : place.projectIds.map(name)
  const byProject = Map.groupBy(
    place.buildings.filter(({ projectId }) => !place.projectIds.includes(projectId)),
    ({ projectId }) => projectId,
  )
  const parts = [...byProject].map(
    ([projectId, buildings]) => `${name(projectId)} ${m.sys_place_buildings({ count: buildings.length })}`,
  )
  return [...whole, ...parts].join(', ') || m.sys_place_none()
}
