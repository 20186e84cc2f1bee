/** Where a profile's points stand in the registers, seen from the device's side. */
import { encodeValue, registerWidth } from '@courtyard/protocols/modbus'
import type { DeviceProfile, ModbusRegister, ProfilePoint } from '@courtyard/protocols/profile'

export type ReadFunction = ModbusRegister['function']

interface Cell {
  readonly point: ProfilePoint
  readonly register: ModbusRegister
}

/**
 * Ranges that a model answers though its profile names nothing there (they read 0), per function: first and last
 * address. A model that is not listed refuses every address that its profile does not name.
 */
const quietRanges: Record<string, readonly (readonly [ReadFunction, number, number])[]> = {
  'eastron-sdm630-v2': [
    [4, 0x00, 0x55],
    [4, 0x156, 0x17d],
  ],
  'eastron-sdm630': [
    [4, 0x00, 0x55],
    [4, 0x156, 0x17d],
  ],
}

/** What one request reads: which points have to be measured and where their words go. */
export interface ReadPlan {
  readonly cells: readonly {
    readonly point: ProfilePoint
    readonly register: ModbusRegister
    readonly offset: number
  }[]
}

const MAX_PLANS = 4096

export class RegisterLayout {
  private readonly cells: readonly Cell[]
  private readonly readable = new Map<ReadFunction, Set<number>>()
  private readonly plans = new Map<string, ReadPlan | null>()

  constructor(profile: DeviceProfile) {
    this.cells = profile.points.flatMap((point) => (point.modbus ? [{ point, register: point.modbus }] : []))
    for (const { register } of this.cells) {
      const last = register.address + registerWidth(register.type) - 1
      this.allow(register.function, register.address, last)
      if (register.exponentAddress !== undefined)
        this.allow(register.function, register.exponentAddress, register.exponentAddress)
    }
    for (const [fn, first, last] of quietRanges[profile.id] ?? []) this.allow(fn, first, last)
  }

  /** False where the device knows nothing of the function at all. */
  supports(fn: number): fn is ReadFunction {
    return this.readable.has(fn as ReadFunction)
  }

  /** Null when an address among them is not readable. */
  plan(fn: ReadFunction, address: number, count: number): ReadPlan | null {
    const key = `${fn}:${address}:${count}`
    let plan = this.plans.get(key)
    if (plan === undefined) {
      plan = this.makePlan(fn, address, count)
      if (this.plans.size < MAX_PLANS) this.plans.set(key, plan)
    }
    return plan
  }

  private makePlan(fn: ReadFunction, address: number, count: number): ReadPlan | null {
    const readable = this.readable.get(fn)
    for (let i = 0; i < count; i++) if (!readable?.has(address + i)) return null
    const cells = this.cells.flatMap(({ point, register }) => {
      const last = register.address + registerWidth(register.type)
      if (register.function !== fn || last <= address || register.address >= address + count) return []
      return [{ point, register, offset: register.address - address }]
    })
    return { cells }
  }

  private allow(fn: ReadFunction, first: number, last: number): void {
    const addresses = this.readable.get(fn) ?? new Set<number>()
    for (let address = first; address <= last; address++) addresses.add(address)
    this.readable.set(fn, addresses)
  }
}

/** Fills the words (or bits) of a plan with what `shown` says, in units of each point's scale. */
export function fillWords(
  plan: ReadPlan,
  count: number,
  shown: (point: ProfilePoint) => number,
): Uint16Array {
  const words = new Uint16Array(count)
  for (const { point, register, offset } of plan.cells) {
    const encoded = encodeValue(register, shown(point), point.scale)
    encoded.forEach((word, i) => {
      const at = offset + i
      // A request may begin or end inside a value; several fields of bits may share a word.
      if (at >= 0 && at < count) words[at] = words[at]! | word
    })
  }
  return words
}
