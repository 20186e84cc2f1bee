/** What a profile says for driver `opcua`. */
import * as z from 'zod'

const factor = z.string().regex(/^-?\d+(\.\d+)?$/).default('1') // prettier-ignore

/** A variable of the server: by node id, or by a path of browse names below the device's root node. */
export const OpcuaValue = z.strictObject({
  /** `{root}` stands for the root node of the device's address. */
  nodeId: z.string().optional(),
  /** Browse names with namespace index, such as `["2:Energy", "2:Import"]`. */
  path: z.array(z.string()).min(1).optional(),
  factor,
  offset: factor.default('0'),
})
export type OpcuaValue = z.infer<typeof OpcuaValue>
