import * as z from 'zod'

const community = z
  .string()
  .min(1)
  .max(64)
  .meta({ secret: true })
  .describe('Community, which SNMP sends in the clear')
const passphrase = z
  .string()
  .min(8, 'at least eight characters (RFC 3414, 11.2)')
  .max(128)
  .meta({ secret: true })

const CommunityAccess = (version: 'v1' | 'v2c') =>
  z.strictObject({ version: z.literal(version).describe('Version of SNMP'), community })

const UserAccess = z
  .strictObject({
    version: z.literal('v3').describe('Version of SNMP'),
    user: z.string().min(1).max(32).describe('Name of the user (securityName)'),
    authProtocol: z.enum(['md5', 'sha', 'sha224', 'sha256', 'sha384', 'sha512']).optional().describe('Without it requests are not signed'),
    authKey: passphrase.optional().describe('Passphrase for signing'),
    privProtocol: z.enum(['des', 'aes', 'aes256b', 'aes256r']).optional().describe('Without it requests are not encrypted; aes256r is Cisco’s'),
    privKey: passphrase.optional().describe('Passphrase for encryption'),
    context: z.string().max(32).default('').describe('Name of the context'),
  })
  .refine((user) => (user.authProtocol === undefined) === (user.authKey === undefined), {
    path: ['authKey'],
    message: 'authProtocol and authKey belong together',
  })
  .refine((user) => (user.privProtocol === undefined) === (user.privKey === undefined), {
    path: ['privKey'],
    message: 'privProtocol and privKey belong together',
  })
  .refine((user) => user.privProtocol === undefined || user.authProtocol !== undefined, {
    path: ['privProtocol'],
    message: 'encryption needs authProtocol and authKey',
  }) // prettier-ignore

/** How a device lets us in. There is no default community. */
export const SnmpAccess = z.discriminatedUnion('version', [
  CommunityAccess('v1'),
  CommunityAccess('v2c'),
  UserAccess,
])
export type SnmpAccess = z.infer<typeof SnmpAccess>

const scanRange = z
  .string()
  .regex(/^\d{1,3}(\.\d{1,3}){3}(\/(2[4-9]|3[0-2]))?$/, 'an IPv4 address, or a network such as 10.0.0.0/24')

/** What an SNMP bus says besides its key: devices that are asked one after another, and the traps of these. */
export const SnmpBusConfig = z.strictObject({
  access: SnmpAccess.describe('How the devices let us in; a device may have its own'),
  lane: z.number().int().min(1).max(1_000).default(1).describe('Number of the bus: buses are read side by side, the devices of one bus one after another'),
  timeoutMs: z.number().int().min(50).max(60_000).default(1_500).describe('A request without reply in this time is sent again, or has failed'),
  retries: z.number().int().min(0).max(5).default(1).describe('How often a read is sent again; a write never is'),
  traps: z
    .strictObject({
      host: z.string().default('0.0.0.0').describe('Address of this machine to listen on'),
      port: z.number().int().min(1).max(65_535).default(162).describe('UDP port; below 1024 the agent needs CAP_NET_BIND_SERVICE'),
    })
    .optional()
    .describe('Listens for traps and informs; without it none are taken'),
  scan: z.array(scanRange).max(16).default([]).describe('Addresses and networks (up to /24) where `scan` looks for devices'),
  scanPort: z.number().int().min(1).max(65_535).default(161).describe('UDP port where `scan` asks'),
}) // prettier-ignore
export type SnmpBusConfig = z.infer<typeof SnmpBusConfig>

export const SnmpAddress = z.strictObject({
  host: z.string().min(1).max(253).describe('Host name or address of the device'),
  port: z.number().int().min(1).max(65_535).default(161).describe('UDP port'),
  index: z
    .string({ error: 'in quotation marks' })
    .regex(/^\d+(\.\d+)*$/, 'numbers with dots')
    .optional()
    .describe('Row of the table that the profile reads, such as the number of a switch port (ifIndex), in quotation marks'),
  access: SnmpAccess.optional().describe('Where this device has other credentials than its bus'),
}) // prettier-ignore
export type SnmpAddress = z.infer<typeof SnmpAddress>

/** Data of the free `write` command. */
export const SnmpWriteData = z
  .strictObject({
    oid: z.string().regex(/^\d+(\.\d+)+$/).describe('Variable with its instance, such as 1.3.6.1.2.1.1.6.0'),
    syntax: z.enum(['integer', 'gauge', 'text']).describe('Syntax of the variable'),
    value: z.union([z.number().int(), z.string().max(255)]).describe('Number, or text for syntax text'),
  })
  .refine(({ syntax, value }) => (syntax === 'text') === (typeof value === 'string'), {
    path: ['value'],
    message: 'text for syntax text, else a whole number',
  })
  .describe('Sets one variable and reads it back') // prettier-ignore
