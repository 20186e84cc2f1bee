/**
 * Modbus units that can be told something, as a process of their own. The one argument is JSON:
 * `{"units":[{"unitId":1,"profile":"…","effectDelayMs":0,"identification":["…","…","…"]}],"serial":"path,9600,8N1"}`; `profile` is an
 * id of the catalogue or a profile itself. Prints `{"port":…,"rtuPort":…}`; then each line on standard input,
 * `{"unit":"1","fault":"silent"}` or `{"unit":"1"}`, is answered with the unit's truth.
 */
import { createInterface } from 'node:readline'
import { DeviceProfile, loadProfiles } from '@courtyard/protocols/profile'
import * as z from 'zod'
import { startIoDevice } from '../src/modbus/io-device.ts'

const Setup = z.strictObject({
  units: z.array(
    z.strictObject({
      unitId: z.number().int().min(1).max(247),
      profile: z.union([z.string(), DeviceProfile]),
      effectDelayMs: z.number().int().min(0).default(0),
      identification: z.tuple([z.string(), z.string(), z.string()]).optional(),
    }),
  ),
  serial: z.string().optional(),
})
const Line = z.strictObject({
  unit: z.string(),
  fault: z.enum(['silent', 'reset', 'garbage', 'refusing']).nullable().optional(),
})

const profiles = loadProfiles()
const { units, serial } = Setup.parse(JSON.parse(process.argv[2] ?? '{}'))
const device = await startIoDevice(
  units.map(({ identification, ...unit }) => ({
    ...unit,
    profile: typeof unit.profile === 'string' ? profiles.get(unit.profile)! : unit.profile,
    ...(identification ? { identification } : {}),
  })),
  serial,
)
const print = (value: object) => process.stdout.write(`${JSON.stringify(value)}\n`)
print({ port: device.port, rtuPort: device.rtuPort })
for await (const text of createInterface({ input: process.stdin })) {
  const { unit, fault } = Line.parse(JSON.parse(text))
  if (fault !== undefined) device.setFault(unit, fault)
  print(device.truth(unit))
}
await device.stop()
