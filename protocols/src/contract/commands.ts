/**
 * Commands from the hub to a device. The hub keeps the queue; the edge writes each command into its journal before
 * it does anything, so that a command is executed at most once whatever is killed.
 */
import * as z from 'zod'
import { TELEMETRY_VERSION } from './version.ts'

const safeInt = z.number().int().safe()
const text = (max: number) => z.string().min(1).max(max)

export const CommandKind = z.enum(['relay', 'valve', 'door', 'barrier', 'clock', 'setpoint', 'write', 'people', 'plates']) // prettier-ignore
export type CommandKind = z.infer<typeof CommandKind>

/** A person as a terminal keeps it. */
export const TerminalPerson = z.strictObject({
  id: text(24),
  name: text(48),
  card: z.string().regex(/^\d{1,20}$/).optional(),
  pin: z.string().regex(/^\d{1,8}$/).optional(),
  /** False removes the person from the terminal. */
  present: z.boolean().default(true),
}) // prettier-ignore
export type TerminalPerson = z.infer<typeof TerminalPerson>

export const PlateEntry = z.strictObject({
  plate: text(20),
  list: z.enum(['allow', 'block']),
  fromMs: safeInt.optional(),
  toMs: safeInt.optional(),
  /** False removes the plate from the lists. */
  present: z.boolean().default(true),
})
export type PlateEntry = z.infer<typeof PlateEntry>

/** What is to be done. `relay` and `valve` `open`/`close` speak of the contact and the tap: an open relay cuts off. */
export const CommandBody = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('relay'), action: z.enum(['open', 'close']) }),
  z.strictObject({ kind: z.literal('valve'), action: z.enum(['open', 'close']) }),
  z.strictObject({ kind: z.literal('door'), action: z.enum(['open', 'close', 'holdOpen']), seconds: z.number().int().min(1).max(255).optional() }),
  z.strictObject({ kind: z.literal('barrier'), action: z.enum(['open', 'close', 'stop']) }),
  /** Sets the device's clock to the gateway's. */
  z.strictObject({ kind: z.literal('clock') }),
  z.strictObject({ kind: z.literal('setpoint'), value: z.string().regex(/^-?\d{1,15}(\.\d{1,9})?$/) }),
  /** In the driver's own terms; its schema checks it at the edge. */
  z.strictObject({ kind: z.literal('write'), data: z.record(z.string(), z.unknown()) }),
  z.strictObject({ kind: z.literal('people'), people: z.array(TerminalPerson).min(1).max(5_000) }),
  z.strictObject({ kind: z.literal('plates'), plates: z.array(PlateEntry).min(1).max(5_000) }),
]) // prettier-ignore
export type CommandBody = z.infer<typeof CommandBody>

/** True for what leaves people without power or water: it needs a second approval. */
export function cutsOff(body: CommandBody): boolean {
  return (
    (body.kind === 'relay' && body.action === 'open') || (body.kind === 'valve' && body.action === 'close')
  )
}

/** `down/command`. Sent again until the gateway reports it; the same id is the same command. */
export const CommandMessage = z.strictObject({
  v: z.literal(TELEMETRY_VERSION),
  id: z.uuid(),
  device: text(64),
  /** Key of one of the device's commands in the catalogue, such as `relay` or `door1`. */
  target: text(64),
  body: CommandBody,
  /** Hub's clock when this message was sent. The edge counts the remaining time by its own monotonic clock. */
  sentAtMs: safeInt,
  /** Hub's clock; not begun by then, it never will be. */
  expiresAtMs: safeInt,
})
export type CommandMessage = z.infer<typeof CommandMessage>

/**
 * State of a command in the gateway's journal.
 * - `received`: on the gateway's disk, waits for its bus
 * - `executing`: may be on the wire at this moment
 * - `acknowledged`: the device accepted it; it cannot be read back
 * - `confirmed`: read back from the device
 * - `failed`: refused, or no reply, or interrupted with unknown outcome (`uncertain`)
 * - `expired`: its time was over before it was begun
 */
export const CommandStep = z.enum(['received', 'executing', 'acknowledged', 'confirmed', 'failed', 'expired'])
export type CommandStep = z.infer<typeof CommandStep>
export const finalCommandSteps: readonly CommandStep[] = ['acknowledged', 'confirmed', 'failed', 'expired']

/** `up/command`, QoS 1; final steps are sent again until the hub's `AckMessage.commands` names them. */
export const CommandReport = z.strictObject({
  v: z.literal(TELEMETRY_VERSION),
  id: z.uuid(),
  step: CommandStep,
  atMs: safeInt,
  /** The command may have reached the device although nothing came back. */
  uncertain: z.boolean().default(false),
  message: z.string().max(500).nullable(),
})
export type CommandReport = z.infer<typeof CommandReport>
