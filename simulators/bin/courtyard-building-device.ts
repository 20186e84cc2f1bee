#!/usr/bin/env node
/**
 * One simulated BACnet device or SNMP agent as a program: options as JSON in the first argument
 * (`{"protocol":"snmp","community":…,"variables":[…],"port":0}`), then one JSON request per line of input, one answer
 * per line of output. The first line of output is `{"port":…}`. Ends with its input.
 */
import { createInterface } from 'node:readline'
import { startBacnetDevice, type BacnetDeviceOptions } from '../src/bacnet/index.ts'
import type { DeviceFault } from '../src/device.ts'
import { startSnmpAgent, type SnmpAgentOptions } from '../src/snmp/index.ts'

type Options = ({ protocol: 'snmp' } & SnmpAgentOptions) | ({ protocol: 'bacnet' } & BacnetDeviceOptions)
type Request =
  | { readonly fault: DeviceFault | null }
  | { readonly read: string }
  | { readonly set: readonly [what: string, value: string] }
  | { readonly log: true }

const options = JSON.parse(process.argv[2] ?? '{}') as Options
const device = options.protocol === 'snmp' ? await startSnmpAgent(options) : await startBacnetDevice(options)
const say = (answer: unknown) => process.stdout.write(`${JSON.stringify(answer)}\n`)

function answer(request: Request): unknown {
  if ('fault' in request) return device.setFault('', request.fault) ?? {}
  if ('read' in request) return device.currentValue(request.read)
  if ('set' in request) return device.setValue(...request.set) ?? {}
  return { requests: device.requests, sets: device.sets }
}

say({ port: device.port })
for await (const text of createInterface({ input: process.stdin })) say(answer(JSON.parse(text) as Request))
await device.stop()
