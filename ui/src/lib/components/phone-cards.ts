/**
 * For a table of class `phone-cards`: on a phone each row is a card (app.css), whose values stand beside the name of
 * their column instead of far to the right of the screen.
 */
export function phoneCards(table: HTMLTableElement): () => void {
  const name = (): void => {
    // Buttons say what they do: their column has a name for screen readers only
    const heads = [...(table.tHead?.rows[0]?.cells ?? [])].map((cell) =>
      cell.querySelector('.sr-only') ? '' : cell.textContent.trim(),
    )
    for (const body of table.tBodies)
      for (const row of body.rows)
        for (const [at, cell] of [...row.cells].entries())
          cell.dataset['label'] = row.cells.length === heads.length ? (heads[at] ?? '') : ''
  }
  name()
  const observer = new MutationObserver(name)
  observer.observe(table, { childList: true, subtree: true })
  return () => observer.disconnect()
}
