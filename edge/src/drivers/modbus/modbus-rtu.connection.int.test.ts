import { once } from 'node:events'
import { SerialPort } from 'serialport'
import { afterEach, describe, expect, test } from 'vitest'
import { encodeRtu } from '@courtyard/protocols/modbus'
import { systemClock } from '../../clock.ts'
import { errorCodes } from '../../errors.ts'
import { PtyPair, socatInstalled } from '../../testing/pty-pair.ts'
import { connectTcp } from '../tcp-transport.ts'
import { ModbusBusConfig } from './modbus.config.ts'
import { ModbusRtuConnection } from './modbus-rtu.connection.ts'

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

/** A unit that answers each register with its address, after the delay that `delayOf` gives it in milliseconds. */
async function lineWith(delayOf: (unitId: number, address: number) => number) {
  const pair = await PtyPair.start()
  stops.push(() => pair.stop())
  const port = new SerialPort({ path: pair.devicePath, baudRate: 9600 })
  await once(port, 'open')
  stops.push(() => new Promise<void>((resolve) => port.close(() => resolve())))
  port.on('data', (request: Buffer) => {
    const [unitId, address] = [request[0]!, request.readUInt16BE(2)]
    const reply = encodeRtu({ unitId, pdu: Uint8Array.of(3, 2, address >> 8, address & 0xff) })
    setTimeout(() => port.write(Buffer.from(reply)), delayOf(unitId, address))
  })
  const transport = { type: 'serial' as const, path: pair.path }
  const bus = ModbusBusConfig.parse({ transport, timeoutMs: 200 })
  if (bus.transport.type !== 'serial') throw new Error('not serial')
  const connection = new ModbusRtuConnection(bus, bus.transport, systemClock, connectTcp)
  stops.push(() => connection.stop())
  const read = async (unitId: number, address: number) =>
    (await connection.read(unitId, { function: 3, address, count: 1 })).words[0]
  return { connection, read }
}

// In CI it must run: a machine without socat fails there instead of skipping.
describe.skipIf(!socatInstalled && !process.env['CI'])('RTU on a serial line (needs socat)', () => {
  test('the late reply of the same unit, of the same length, does not answer its next request', async () => {
    const { read } = await lineWith((_unitId, address) => (address === 111 ? 260 : 120))
    await expect(read(7, 111)).rejects.toMatchObject({ code: errorCodes.requestTimeout })
    expect(await read(7, 222)).toBe(222)
    expect(await read(7, 223)).toBe(223)
  })

  test('the late reply of another unit arrives in the middle and is passed over', async () => {
    const { read } = await lineWith((unitId) => (unitId === 7 ? 280 : 120))
    await expect(read(7, 111)).rejects.toMatchObject({ code: errorCodes.requestTimeout })
    expect(await read(8, 222)).toBe(222)
  })

  test('a request that was given up has been sent, one to a port that is gone has not', async () => {
    const { connection, read } = await lineWith(() => 1_000)
    await expect(read(7, 1)).rejects.toMatchObject({ details: { sent: true } })
    await connection.stop()
    const error: unknown = await read(7, 1).catch((cause: unknown) => cause)
    expect(error).toMatchObject({ code: errorCodes.busDisconnected })
    expect((error as { details: object }).details).not.toHaveProperty('sent')
  })
})
