/**
 * One simulated device as a program: options as JSON in the first argument, then one call per line of input
 * (`{"call":"happen","args":[…]}`), one answer per line of output; the first is `{"port":…}`. Ends with its input.
 */
import { createInterface } from 'node:readline'
import { SimulatedIsapiDevice, type IsapiDeviceOptions } from './isapi-device.ts'

const device = await SimulatedIsapiDevice.start(JSON.parse(process.argv[2] ?? '{}') as IsapiDeviceOptions)
const say = (answer: unknown) => process.stdout.write(`${JSON.stringify(answer)}\n`)
const bytes = (base64: string) => Buffer.from(base64, 'base64')

const calls: Record<string, (...args: never[]) => unknown> = {
  setFault: (fault: Parameters<typeof device.setFault>[1]) => device.setFault('', fault),
  happen: (event: Parameters<typeof device.happen>[0], live: boolean, picture?: string) => device.happen(event, live, picture ? bytes(picture) : undefined), // prettier-ignore
  vehicle: (xml: string, pictures: [string, string][]) => device.vehicle(xml, pictures.map(([name, base64]) => [name, bytes(base64)])), // prettier-ignore
  dropStreams: () => device.dropStreams(),
  set: (field: 'clockOffsetSeconds' | 'timeMode', value: never) => void (device[field] = value),
  state: () => ({ requests: device.requests, done: device.done, people: [...device.people], cards: [...device.cards], plates: [...device.plates], listeners: device.listeners }), // prettier-ignore
}

say({ port: device.port })
for await (const line of createInterface({ input: process.stdin })) {
  const { call, args = [] } = JSON.parse(line) as { call: string; args?: never[] }
  say(calls[call]!(...args) ?? {})
}
await device.stop()
