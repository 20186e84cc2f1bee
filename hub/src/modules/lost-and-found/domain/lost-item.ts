/** What may become of a lost item. */
type Item = Readonly<Record<string, unknown>>
type Refused = { readonly refused: { readonly code: string } }

/** Found before now is left to the form; what is claimed has somebody who claimed it. */
export function checkItem(item: Item): { field: string; reason: { code: string } }[] {
  const isNowhere = item.placeId === null && item.placeText === null
  return isNowhere ? [{ field: 'placeText', reason: { code: 'lostItem.no_place' } }] : []
}

export function claimItem(
  item: Item,
  answers: Item,
  at: Date,
): { state: string; claimantName: string; claimantPhone: string; closedAt: string } | Refused {
  if (item.state !== 'found') return { refused: { code: 'lostItem.closed' } }
  return {
    state: 'claimed',
    claimantName: String(answers.claimantName),
    claimantPhone: String(answers.claimantPhone),
    closedAt: at.toISOString(),
  }
}

export function disposeOfItem(item: Item, _: Item, at: Date): { state: string; closedAt: string } | Refused {
  if (item.state !== 'found') return { refused: { code: 'lostItem.closed' } }
  return { state: 'disposed', closedAt: at.toISOString() }
}

export function reopenItem(
  item: Item,
): { state: string; claimantName: null; claimantPhone: null; closedAt: null } | Refused {
  if (item.state === 'found') return { refused: { code: 'lostItem.open' } }
  return { state: 'found', claimantName: null, claimantPhone: null, closedAt: null }
}
