export { numberingErrors } from './errors.ts'
export { numberKind, numberKinds, registerNumberKind, type NumberKind } from './kinds.ts'
export {
  peekNumber,
  ruleInForce,
  takeNumber,
  takeNumbers,
  takeNumbersAtOnce,
  takeNumbersFor,
} from './numbering.ts'
export { findRule, lockForChange, nextInPeriod, saveRule, type RuleRow } from './numbering.repository.ts'
export type { NumberingReason } from './reasons.ts'
