/** A place in a list that is sorted by an instant and an id, as text `instantMs.id`. */
export interface ListCursor {
  readonly atMs: number
  readonly id: string
}

export function cursorText({ atMs, id }: ListCursor): string {
  return `${atMs}.${id}`
}

/** Null when the text is no cursor. */
export function parseCursor(text: string): ListCursor | null {
  const match = /^(\d{1,15})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(text)
  return match ? { atMs: Number(match[1]), id: match[2]! } : null
}
