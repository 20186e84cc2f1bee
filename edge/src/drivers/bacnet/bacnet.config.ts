import * as z from 'zod'

const udpPort = z.number().int().min(1).max(65_535)
const networkNumber = z.number().int().min(1).max(65_534)

/** What a BACnet/IP bus says besides its key: a port of this machine, and the devices that are asked through it. */
export const BacnetBusConfig = z.strictObject({
  host: z.string().min(1).default('0.0.0.0').describe('Address of this machine to use'),
  port: z.number().int().min(0).max(65_535).default(47_808).describe('UDP port of this machine, for this bus alone; 0 for any: devices are then given by host'),
  lane: z.number().int().min(1).max(1_000).default(1).describe('Number of the bus among those with port 0: buses are read side by side, the devices of one bus one after another'),
  broadcast: z
    .string()
    .regex(/^\d{1,3}(\.\d{1,3}){3}(:\d{1,5})?$/, 'an IPv4 address, with :port where it is not 47808')
    .default('255.255.255.255')
    .describe('Where devices are looked for, such as the broadcast address of the subnet'),
  bbmd: z
    .strictObject({
      host: z.string().min(1).describe('Address of the broadcast management device'),
      port: udpPort.default(47_808).describe('UDP port of it'),
      ttlSeconds: z.number().int().min(30).max(65_535).default(300).describe('The registration is renewed at half of this time'),
    })
    .optional()
    .describe('Registers as a foreign device, to look for devices in another subnet'),
  timeoutMs: z.number().int().min(50).max(60_000).default(2_000).describe('A request without reply in this time is sent again, or has failed'),
  retries: z.number().int().min(0).max(5).default(1).describe('How often a read is sent again; a write never is'),
}) // prettier-ignore
export type BacnetBusConfig = z.infer<typeof BacnetBusConfig>

export const BacnetAddress = z
  .strictObject({
    host: z.string().min(1).max(253).optional().describe('Address of the device, or of the router before it'),
    port: udpPort.default(47_808).describe('UDP port of the host'),
    network: networkNumber.optional().describe('Network number behind a router'),
    mac: z.string().regex(/^([0-9a-f]{2}){1,7}$/).optional().describe('Address in that network, hexadecimal, such as 0b for MS/TP 11'),
    instance: z.number().int().min(0).max(4_194_302).optional().describe('In place of the host: instance number of the device, which is looked for by Who-Is'),
  })
  .refine(({ host, instance }) => (host === undefined) !== (instance === undefined), {
    path: ['host'],
    message: 'either host or instance',
  })
  .refine(({ network, mac }) => (network === undefined) === (mac === undefined), {
    path: ['mac'],
    message: 'network and mac belong together',
  })
  .refine(({ network, instance }) => network === undefined || instance === undefined, {
    path: ['network'],
    message: 'a device that is looked for tells its network itself',
  }) // prettier-ignore
export type BacnetAddress = z.infer<typeof BacnetAddress>

/** Data of the free `write` command. */
export const BacnetWriteData = z
  .strictObject({
    object: z
      .enum(['analogOutput', 'analogValue', 'binaryOutput', 'binaryValue', 'multiStateOutput', 'multiStateValue'])
      .describe('Type of the object'),
    instance: z.number().int().min(0).max(4_194_302).describe('Instance number of the object'),
    value: z.number().nullable().describe('New presentValue; null gives the priority up (relinquish)'),
    priority: z.number().int().min(1).max(16).default(8).describe('Priority 1–16; 6 is kept for minimum on and off times'),
  })
  .refine(({ object, value }) => value === null || object.startsWith('analog') || (Number.isInteger(value) && value >= 0), {
    path: ['value'],
    message: 'a whole number for binary and multi-state objects',
  })
  .refine(({ object, value }) => value === null || !object.startsWith('binary') || value <= 1, {
    path: ['value'],
    message: '0 or 1 for binary objects',
  })
  .refine(({ object, value }) => value !== 0 || !object.startsWith('multiState'), {
    path: ['value'],
    message: 'states begin at 1',
  })
  .describe('Writes presentValue at a priority and reads it back') // prettier-ignore
