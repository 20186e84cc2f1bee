/** What a profile says for driver `zkteco`. */
import * as z from 'zod'

export const ZktecoDeviceSection = z.strictObject({
  /** `pull`: port 4370; `push`: the terminal sends over HTTP (ADMS). */
  protocol: z.enum(['pull', 'push']),
  /** Whether punches are attendance, or people at a door. */
  events: z.enum(['attendance', 'access']),
  /** Doors that it opens. */
  doors: z.number().int().min(0).max(8).default(0),
  /** Of names in the terminal; old Chinese firmware has GBK. */
  encoding: z.enum(['utf8', 'gbk']).default('utf8'),
  /** Bytes of a user record, for the first user of an empty terminal; otherwise its own table tells. */
  userRecord: z.union([z.literal(28), z.literal(72)]).default(72),
})
export type ZktecoDeviceSection = z.infer<typeof ZktecoDeviceSection>

/** A number that the terminal tells about itself. */
export const ZktecoValue = z.strictObject({
  field: z.enum([
    'users',
    'userCapacity',
    'fingerprints',
    'faces',
    'records',
    'recordCapacity',
    'doorState',
    'clockOffsetSeconds',
  ]),
})
export type ZktecoValue = z.infer<typeof ZktecoValue>
