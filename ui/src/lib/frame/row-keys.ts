/**
 * `j` and `k` walk down and up the rows of the list on the page, by the link of each row; Enter then opens it.
 * @returns whether there was a list to walk
 */
export function walkRows(key: 'j' | 'k'): boolean {
  const links = [...document.querySelectorAll<HTMLElement>('main tr.row-link')].flatMap(
    (row) => row.querySelector<HTMLElement>('a, button') ?? [],
  )
  const seen = links.filter((link) => link.offsetParent !== null)
  if (seen.length === 0) return false
  const at = seen.findIndex((link) => link === document.activeElement)
  const next = at < 0 ? 0 : Math.min(seen.length - 1, Math.max(0, at + (key === 'j' ? 1 : -1)))
  seen[next]?.focus()
  return true
}

/**
 * `x` marks the row that has the focus, by its box.
 * @returns whether there was one
 */
export function markRow(): boolean {
  const box = document.activeElement
    ?.closest('tr.row-link')
    ?.querySelector<HTMLElement>('input[type=checkbox]')
  box?.click()
  return box !== null && box !== undefined
}
