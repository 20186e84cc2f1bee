/** Between the units and whatever carries their frames. */
export interface UnitRequest {
  readonly unitId: number
  readonly pdu: Uint8Array
}

/** What a unit does with a request. */
export type UnitAnswer =
  | { readonly kind: 'reply'; readonly pdu: Uint8Array; readonly delayMs?: number; readonly unitId?: number }
  /** A frame spoiled: `bytes` random bytes in place of the PDU, `length` more announced than comes. */
  | { readonly kind: 'garbage'; readonly pdu: Uint8Array; readonly variant: 'bytes' | 'length' }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'reset' }
  /** No such unit: silence on a line, an exception from a gateway. */
  | { readonly kind: 'absent' }

export type UnitHandler = (request: UnitRequest) => UnitAnswer
