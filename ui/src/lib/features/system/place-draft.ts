import type { AssignmentInput, Place, User } from '@courtyard/protocols/contract'
import type { Records } from '@courtyard/protocols/contract'

/** A role being given: as a form holds it. */
export interface AssignmentDraft {
  /** Of the form, not of the hub. */
  readonly key: string
  role: string
  place: Place
  records: Records
  /** Calendar day in this browser; empty without end. */
  until: string
}

let count = 0

export function draftOf(assignment: User['assignments'][number] | null, role: string): AssignmentDraft {
  return {
    key: `draft-${++count}`,
    role: assignment?.role.code ?? role,
    place: assignment?.place ?? { all: true },
    records: assignment?.records ?? 'all',
    until: assignment?.until ? dayOf(new Date(assignment.until)) : '',
  }
}

/** What the hub wants. The day counts to its end. */
export function inputOf({ role, place, records, until }: AssignmentDraft): AssignmentInput {
  return {
    role,
    records,
    place: place.all
      ? place
      : { all: false, projectIds: place.projectIds, buildingIds: place.buildings.map(({ id }) => id) },
    until: until === '' ? null : new Date(`${until}T23:59:59`).toISOString(),
  }
}

export const isComplete = ({ role, place }: AssignmentDraft): boolean =>
  role !== '' && (place.all || place.projectIds.length + place.buildings.length > 0)

/** A project in the place: all of it, some of its buildings, or nothing. */
export function withProject(place: Place, projectId: string, on: boolean): Place {
  const before = place.all ? { projectIds: [], buildings: [] } : place
  const others = before.projectIds.filter((id) => id !== projectId)
  return {
    all: false,
    projectIds: on ? [...others, projectId] : others,
    buildings: before.buildings.filter((building) => building.projectId !== projectId),
  }
}

export function withBuilding(place: Place, building: { id: string; projectId: string }, on: boolean): Place {
  const before = place.all ? { projectIds: [], buildings: [] } : place
  const others = before.buildings.filter(({ id }) => id !== building.id)
  return { all: false, projectIds: before.projectIds, buildings: on ? [...others, building] : others }
}

function dayOf(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}
