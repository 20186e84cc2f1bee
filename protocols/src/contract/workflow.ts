/**
 * A process as data: who has to do what, in which order, until when. The hub checks a definition, compiles it and
 * keeps every version; running processes stay on the version that they began with.
 */
import * as z from 'zod'

export const WorkflowLabel = z.strictObject({
  zh: z.string().trim().min(1).max(80),
  en: z.string().trim().min(1).max(80),
})
export type WorkflowLabel = z.infer<typeof WorkflowLabel>

/** Name of a definition, `fitOutPermit`, and of a step within one. */
export const ProcessKey = z.string().regex(/^[a-z][A-Za-z0-9]{1,39}$/)

/**
 * What a process is about has fields. Values travel as text (decimals exact, days `2026-11-22`), booleans as booleans.
 */
export const ProcessFieldKind = z.enum(['text', 'longText', 'decimal', 'integer', 'boolean', 'choice', 'day'])
export type ProcessFieldKind = z.infer<typeof ProcessFieldKind>
export const ProcessField = z.object({
  name: z.string().regex(/^[a-z][A-Za-z0-9]{0,39}$/),
  label: z.object({ zh: z.string(), en: z.string() }),
  kind: ProcessFieldKind,
  required: z.boolean(),
  /** `元`, `m²`. */
  unit: z.string().nullable(),
  /** Digits after the point of a decimal. */
  scale: z.number().int().nullable(),
  options: z.array(z.object({ value: z.string(), label: z.object({ zh: z.string(), en: z.string() }) })),
})
export type ProcessField = z.infer<typeof ProcessField>
export const ProcessFieldValue = z.union([z.string().max(4_000), z.boolean(), z.null()])
export type ProcessFieldValue = z.infer<typeof ProcessFieldValue>
export const ProcessFields = z.record(z.string().max(40), ProcessFieldValue)
export type ProcessFields = z.infer<typeof ProcessFields>

/** `in` and `notIn` look at all values, the others at the first. Booleans are written `true` and `false`. */
export const ComparisonOperator = z.enum(['eq', 'ne', 'gt', 'ge', 'lt', 'le', 'in', 'notIn'])
export type ComparisonOperator = z.infer<typeof ComparisonOperator>
export const Comparison = z.strictObject({
  field: z.string().min(1).max(40),
  is: ComparisonOperator,
  values: z.array(z.string().max(200)).min(1).max(50),
})
export type Comparison = z.infer<typeof Comparison>
/** Holds when all comparisons of at least one group hold. An empty field makes every comparison but `ne` and `notIn` false. */
export const Guard = z.strictObject({
  anyOf: z.array(z.strictObject({ allOf: z.array(Comparison).min(1).max(10) })).min(1).max(10),
}) // prettier-ignore
export type Guard = z.infer<typeof Guard>

/**
 * What makes a step end. `next`: by itself (start, decision, automatic action). `approved`, `refused`, `sentBack`:
 * an approval. `done`: a task. `timedOut`: a deadline with `then: 'timeOut'` has passed.
 */
export const StepSignal = z.enum(['next', 'approved', 'refused', 'sentBack', 'done', 'timedOut'])
export type StepSignal = z.infer<typeof StepSignal>
/** Of those with the same signal the first whose guard holds is taken; the last has no guard. */
export const ProcessTransition = z.strictObject({
  on: StepSignal,
  to: ProcessKey,
  when: Guard.optional(),
})
export type ProcessTransition = z.infer<typeof ProcessTransition>

export const Candidate = z.discriminatedUnion('kind', [
  /** Everyone who has the role in the process's project. */
  z.strictObject({ kind: z.literal('role'), role: z.string().min(1).max(60) }),
  z.strictObject({ kind: z.literal('people'), ids: z.array(z.uuid()).min(1).max(50) }),
  /** Head of the department of the person who started it. */
  z.strictObject({ kind: z.literal('departmentHead') }),
  z.strictObject({ kind: z.literal('starter') }),
])
export type Candidate = z.infer<typeof Candidate>

/** In hours of the clock, or of the working time of the definition's calendar in the project's time zone. */
export const WorkflowDuration = z.strictObject({
  hours: z.number().int().min(1).max(8_760),
  working: z.boolean(),
})
export type WorkflowDuration = z.infer<typeof WorkflowDuration>
/** Counted from when the step was reached. `mark`: shown as overdue. `escalate`: `to` may decide in place of the others. `timeOut`: the step ends. */
export const Deadline = z.strictObject({
  after: WorkflowDuration,
  then: z.enum(['mark', 'escalate', 'timeOut']),
  to: z.array(Candidate).max(10),
})
export type Deadline = z.infer<typeof Deadline>

const step = {
  key: ProcessKey,
  name: WorkflowLabel,
  transitions: z.array(ProcessTransition).max(20),
}
const people = { candidates: z.array(Candidate).max(10), deadlines: z.array(Deadline).max(5) }

/** `one`: the first voice decides. `all`: everyone agrees. `majority`: more than half agree. A refusal counts as soon as agreement is impossible. */
export const ApprovalRule = z.enum(['one', 'all', 'majority'])
export type ApprovalRule = z.infer<typeof ApprovalRule>
export const ProcessOutcome = z.enum(['approved', 'refused', 'done'])
export type ProcessOutcome = z.infer<typeof ProcessOutcome>

export const ProcessStep = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('start'), ...step }),
  z.strictObject({
    kind: z.literal('approval'),
    ...step,
    ...people,
    rule: ApprovalRule,
    /** Who started it has no voice, whatever his role. */
    withoutStarter: z.boolean(),
  }),
  z.strictObject({
    kind: z.literal('task'),
    ...step,
    ...people,
    /** What is to be done. */
    instruction: z.strictObject({ zh: z.string().max(500), en: z.string().max(500) }),
    /** Fields of the subject that whoever does it may fill in. */
    edits: z.array(z.string().max(40)).max(20),
  }),
  /** Something that the subject's module does, such as issuing a pass. */
  z.strictObject({ kind: z.literal('action'), ...step, action: z.string().min(1).max(60) }),
  z.strictObject({ kind: z.literal('decision'), ...step }),
  z.strictObject({ kind: z.literal('end'), ...step, outcome: ProcessOutcome }),
])
export type ProcessStep = z.infer<typeof ProcessStep>
export type StepKind = ProcessStep['kind']

const TimeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/)
/** Days count from Monday 1 to Sunday 7. */
export const WorkingTime = z.strictObject({
  days: z.array(z.number().int().min(1).max(7)).min(1).max(7),
  from: TimeOfDay,
  to: TimeOfDay,
})
export type WorkingTime = z.infer<typeof WorkingTime>

/** What is kept per version. */
export const ProcessContent = z.strictObject({
  name: WorkflowLabel,
  /** Kind of the subject, as a module registered it. */
  subject: z.string().min(1).max(60),
  workingTime: WorkingTime,
  steps: z.array(ProcessStep).min(1).max(60),
})
export type ProcessContent = z.infer<typeof ProcessContent>
