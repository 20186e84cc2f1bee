/** Instants in a field of the browser: on the clock of the device, to the minute. */
export function localInput(instant: string | null): string {
  if (instant === null || Date.parse(instant) < Date.now()) return ''
  const at = new Date(instant)
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

export function instantOfInput(text: string): string | null {
  return text === '' ? null : new Date(text).toISOString()
}
