import { createServer } from 'node:net'

/**
 * Ports of the processes; `meters` and `devices` are the first of a run of consecutive ports, one per Modbus endpoint
 * and one per terminal and line of another protocol.
 */
export interface DemoPorts {
  readonly hub: number
  readonly mqtt: number
  readonly mqttTls: number
  readonly edgeStatus: number
  readonly simulatorControl: number
  readonly meters: number
  readonly devices: number
}

export const METER_ENDPOINTS = 12
export const DEVICE_ENDPOINTS = 8

export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    // Without a host: taken on any address means taken.
    probe.listen({ port, exclusive: true }, () => probe.close(() => resolve(true)))
  })
}

async function firstFreeRun(start: number, length: number): Promise<number> {
  for (let first = start; first < 64_000; first += length) {
    const free = await Promise.all(Array.from({ length }, (_, index) => isPortFree(first + index)))
    if (free.every(Boolean)) return first
  }
  throw new Error(`no ${length} free ports above ${start}`)
}

/**
 * The ports to use now: the ones of the last start where they are still free, else the next free ones. The
 * hub's own port is what the person asked for and is never changed silently.
 */
export async function choosePorts(
  hub: number,
  last: { readonly [K in keyof DemoPorts]?: number | undefined },
): Promise<DemoPorts> {
  return {
    hub,
    mqtt: await firstFreeRun(last.mqtt ?? 1883, 1),
    mqttTls: await firstFreeRun(last.mqttTls ?? 8883, 1),
    edgeStatus: await firstFreeRun(last.edgeStatus ?? 9101, 1),
    simulatorControl: await firstFreeRun(last.simulatorControl ?? 15000, 1),
    meters: await firstFreeRun(last.meters ?? 15020, METER_ENDPOINTS),
    devices: await firstFreeRun(last.devices ?? 15100, DEVICE_ENDPOINTS),
  }
}
