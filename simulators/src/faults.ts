/** Ways in which a meter can misbehave, switched on and off while it runs. */
import * as z from 'zod'

const decimal = z
  .string()
  .regex(/^\d{1,6}(\.\d{1,9})?$/, 'expects a decimal of up to six digits and nine places')

export const Fault = z.discriminatedUnion('kind', [
  /** No answer at all. */
  z.strictObject({ kind: z.literal('silent') }),
  /** The right answer, late. */
  z.strictObject({ kind: z.literal('slow'), ms: z.number().int().min(1).max(600_000) }),
  /** A Modbus exception instead of an answer. */
  z.strictObject({ kind: z.literal('exception'), code: z.number().int().min(1).max(255) }),
  /** `bytes`: random bytes in a frame of the right length; `length`: a header that announces more than there is. */
  z.strictObject({ kind: z.literal('garbage'), variant: z.enum(['bytes', 'length']).default('bytes') }),
  /** The right answer in the name of another unit. */
  z.strictObject({ kind: z.literal('wrongUnit') }),
  /** The connection is reset as soon as this meter is asked. */
  z.strictObject({ kind: z.literal('reset') }),
])
export type Fault = z.infer<typeof Fault>

/** Things that happen to the register and stay; they are not undone by taking a fault away. */
export const RegisterEvent = z.discriminatedUnion('kind', [
  /** The index is set so that it rolls over after `remaining` (kWh or m³) more. */
  z.strictObject({ kind: z.literal('rollover'), remaining: decimal.default('0.010') }),
  /** Another meter in the same place. */
  z.strictObject({
    kind: z.literal('replacement'),
    initialIndex: decimal.default('0'),
    serial: z.string().min(1).max(40).optional(),
  }),
])
export type RegisterEvent = z.infer<typeof RegisterEvent>

export const FaultRequest = z.union([Fault, RegisterEvent])
export type FaultRequest = z.infer<typeof FaultRequest>
