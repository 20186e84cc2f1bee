/** Is an index that a person enters possible beside the reads around it? */
import { stepFault } from '@courtyard/protocols/metering'
import type { MeteringReason } from '../reasons.ts'
import { formatDecimal } from './decimal.ts'
import type { Register } from './pairs.ts'
import type { Read } from './reads.ts'

export type Implausible = Extract<MeteringReason, { code: `read.${string}` }>

/**
 * What is wrong with `index` at `atMs`, between the neighbouring reads (null: there is none). When the neighbours
 * contradict each other the read may settle it: then it's enough that it fits one of them.
 */
export function checkIndex(
  register: Register,
  before: Read | null,
  atMs: number,
  index: bigint,
  after: Read | null,
): Implausible[] {
  const left = before ? stepFault(register, before.index, index, atMs - before.atMs) : null
  const right = after ? stepFault(register, index, after.index, after.atMs - atMs) : null
  const disputed =
    before !== null &&
    after !== null &&
    stepFault(register, before.index, after.index, after.atMs - before.atMs) !== null
  if (disputed && (left === null || right === null)) return []
  const show = (value: bigint) => formatDecimal(value, register.scale)
  const issues: Implausible[] = []
  if (left && before) {
    const code = left === 'back' ? 'read.below_before' : 'read.too_much_since'
    issues.push({ code, index: show(index), before: show(before.index), at: instant(before.atMs) })
  }
  if (right && after) {
    const code = right === 'back' ? 'read.above_after' : 'read.too_much_until'
    issues.push({ code, index: show(index), after: show(after.index), at: instant(after.atMs) })
  }
  return issues
}

const instant = (ms: number): string => new Date(ms).toISOString()
