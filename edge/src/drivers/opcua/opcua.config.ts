import * as z from 'zod'

const NODE_ID = /^((ns=\d{1,5}|nsu=[^;]+);)?[isgb]=.+$/
export const NodeIdText = z.string().max(500).regex(NODE_ID, 'must be a node id such as ns=2;s=Plant.Meter1')
const pathPart = z
  .string()
  .regex(/^(\d{1,5}:|nsu=[^;]+;).+$/, 'must be a browse name with its namespace, such as 2:Meter1')

const milliseconds = (least: number, most: number) => z.number().int().min(least).max(most)

/** One endpoint of one server; its devices are parts of the server's address space. */
export const OpcuaBusConfig = z.strictObject({
  url: z
    .string()
    .max(500)
    .regex(/^opc\.tcp:\/\/[^\s/:]+(:\d{1,5})?(\/\S*)?$/, 'must look like opc.tcp://10.0.0.5:4840/path')
    .describe('Endpoint of the server'),
  securityMode: z
    .enum(['None', 'Sign', 'SignAndEncrypt'])
    .default('SignAndEncrypt')
    .describe('What is done to messages; with None everybody on the way can read and change them'),
  securityPolicy: z
    .enum(['Basic256Sha256', 'Aes128_Sha256_RsaOaep', 'Aes256_Sha256_RsaPss'])
    .default('Basic256Sha256')
    .describe('Algorithms; not used with securityMode None'),
  trustedServerSha256: z
    .string()
    .transform((text) => text.replaceAll(':', '').toLowerCase())
    .pipe(z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits'))
    .optional()
    .describe("SHA-256 thumbprint of the server's certificate; absent: the first one seen is kept and no other taken"),
  user: z.string().min(1).max(100).optional().describe('User name; absent: anonymous'),
  password: z.string().max(200).optional().meta({ secret: true }).describe('Password of the user'),
  passwordInClear: z
    .boolean()
    .default(false)
    .describe('True: send the password although securityMode None does not protect it'),
  timeoutMs: milliseconds(50, 60_000)
    .default(5_000)
    .describe('A request without a reply in this time has failed; each step of connecting gets at least 3 seconds'),
  subscribe: z
    .boolean()
    .default(true)
    .describe('True: the server reports changes of gauges and states; false: all is read at each interval'),
  rereadIntervals: z
    .number()
    .int()
    .min(1)
    .max(1_000)
    .default(3)
    .describe('A value that the server has not reported for this many intervals is read, which also shows a subscription that died'),
}) // prettier-ignore
export type OpcuaBusConfig = z.infer<typeof OpcuaBusConfig>

export const OpcuaAddress = z
  .strictObject({
    root: NodeIdText.optional().describe(
      'Node id of the device, such as ns=2;s=Plant.Meter1 or nsu=urn:plant;s=Meter1; stands for {root} in the profile',
    ),
    path: z
      .array(pathPart)
      .min(1)
      .max(20)
      .optional()
      .describe('Or browse names from the Objects folder to the device, such as ["2:Plant", "2:Meter1"]'),
  })
  .refine(({ root, path }) => (root === undefined) !== (path === undefined), {
    error: 'needs either root or path',
  })
export type OpcuaAddress = z.infer<typeof OpcuaAddress>

/** Data of the free `write` command. */
export const OpcuaWriteData = z.strictObject({
  nodeId: NodeIdText.describe('Variable to write'),
  value: z
    .union([z.string().max(1_000), z.number(), z.boolean()])
    .describe("Value in the variable's own form; exact numbers as text"),
})
export type OpcuaWriteData = z.infer<typeof OpcuaWriteData>
