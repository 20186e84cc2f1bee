/**
 * Fields → requests, pure. A request may read across registers that no field declares (a hole) to save a round
 * trip; it never splits a field and never exceeds the cap of the device.
 */

/** Registers (for functions 1 and 2: bits) of one field of one point. */
export interface Field {
  /** Point key; the register with the power of ten of a point is a field of the same point. */
  readonly point: string
  readonly function: 1 | 2 | 3 | 4
  readonly address: number
  readonly width: number
  readonly optional: boolean
}

export interface ReadRequest {
  readonly function: Field['function']
  readonly address: number
  readonly count: number
  readonly fields: readonly Field[]
}

export interface PlanLimits {
  /** Registers in one request. */
  readonly maxRegisters: number
  /** Undeclared registers that a request may read across in one hole. */
  readonly holeLimit: number
}

/** Bits in one request of function 1 or 2 (Modbus Application Protocol 1.1b3, 6.1). */
const MAX_BITS = 2000

/** Every field stands in exactly one request; requests are in order of function and address. */
export function planRequests(fields: readonly Field[], limits: PlanLimits): ReadRequest[] {
  const requests: ReadRequest[] = []
  let open: { function: Field['function']; address: number; end: number; fields: Field[] } | null = null
  const close = () => {
    if (open) requests.push(toRequest(open.fields))
    open = null
  }
  for (const field of [...fields].sort(byPlace)) {
    const end = field.address + field.width
    const cap = field.function <= 2 ? MAX_BITS : limits.maxRegisters
    const joins: boolean =
      open !== null &&
      open.function === field.function &&
      field.address <= open.end + limits.holeLimit &&
      Math.max(end, open.end) - open.address <= cap
    if (!joins) close()
    open ??= { function: field.function, address: field.address, end, fields: [] }
    open.fields.push(field)
    open.end = Math.max(open.end, end)
  }
  close()
  return requests
}

/** True when the request reads registers that no field declares. */
export function coversHoles(request: ReadRequest): boolean {
  let declaredTo = request.address
  for (const field of [...request.fields].sort(byPlace)) {
    if (field.address > declaredTo) return true
    declaredTo = Math.max(declaredTo, field.address + field.width)
  }
  return false
}

/**
 * The next smaller requests after a refusal: first without holes, then field by field. Empty when there is
 * nothing smaller.
 */
export function splitRequest(request: ReadRequest, limits: PlanLimits): ReadRequest[] {
  if (coversHoles(request)) return planRequests(request.fields, { ...limits, holeLimit: 0 })
  const places = new Set(request.fields.map((field) => `${field.address}+${field.width}`))
  if (places.size <= 1) return []
  const byField = new Map<string, Field[]>()
  for (const field of request.fields) {
    const place = `${field.address}+${field.width}`
    byField.set(place, [...(byField.get(place) ?? []), field])
  }
  return [...byField.values()].map(toRequest)
}

function toRequest(fields: readonly Field[]): ReadRequest {
  const address = Math.min(...fields.map((field) => field.address))
  const end = Math.max(...fields.map((field) => field.address + field.width))
  return { function: fields[0]!.function, address, count: end - address, fields }
}

function byPlace(a: Field, b: Field): number {
  return a.function - b.function || a.address - b.address || b.width - a.width
}
