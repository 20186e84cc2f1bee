/** The place in the list of commands, as text `requestedAtMs.id`. */
export interface CommandCursor {
  readonly requestedAtMs: number
  readonly id: string
}

export function cursorText({ requestedAtMs, id }: CommandCursor): string {
  return `${requestedAtMs}.${id}`
}

/** Null when the text is no cursor. */
export function parseCursor(text: string): CommandCursor | null {
  const match = /^(\d{1,15})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(text)
  return match ? { requestedAtMs: Number(match[1]), id: match[2]! } : null
}
