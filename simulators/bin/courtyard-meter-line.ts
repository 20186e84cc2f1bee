#!/usr/bin/env node
/**
 * One line of DL/T 645 or CJ/T 188 meters as a program: options as JSON in the first argument
 * (`{"protocol":"dlt645","meters":[…],"port":0}`), then one JSON request per line of input, one answer per line of
 * output. The first line of output is `{"port":…}`. Ends with its input.
 */
import { createInterface } from 'node:readline'
import { startCjt188Line, type Cjt188LineOptions } from '../src/cjt188/index.ts'
import type { DeviceFault } from '../src/device.ts'
import { startDlt645Line, type Dlt645LineOptions } from '../src/dlt645/index.ts'

type Options = ({ protocol: 'dlt645' } & Dlt645LineOptions) | ({ protocol: 'cjt188' } & Cjt188LineOptions)
type Request = { readonly fault: [unit: string, fault: DeviceFault | null] } | { readonly state: string }

const options = JSON.parse(process.argv[2] ?? '{}') as Options
const line = options.protocol === 'dlt645' ? await startDlt645Line(options) : await startCjt188Line(options)
const say = (answer: unknown) => process.stdout.write(`${JSON.stringify(answer)}\n`)

/** What a test may compare with: taken when it is asked for. */
function stateOf(address: string): unknown {
  const meter = line.meters.get(address)
  if (!meter) return { orders: [], requests: line.requests }
  const register = 'energyCentiKwh' in meter ? meter.energyCentiKwh() : meter.volumeUnits()
  const isCut = 'relayOpen' in meter ? meter.relayOpen : meter.valveClosed
  return { register, isCut, clock: meter.clock(), orders: meter.orders, requests: line.requests }
}

say({ port: line.port })
for await (const text of createInterface({ input: process.stdin })) {
  const request = JSON.parse(text) as Request
  if ('fault' in request) line.setFault(...request.fault)
  say('state' in request ? stateOf(request.state) : {})
}
await line.stop()
