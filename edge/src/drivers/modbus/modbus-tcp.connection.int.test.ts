import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { encodeMbap } from '@courtyard/protocols/modbus'
import { systemClock } from '../../clock.ts'
import { errorCodes } from '../../errors.ts'
import { connectTcp } from '../tcp-transport.ts'
import { ModbusBusConfig } from './modbus.config.ts'
import { ModbusTcpConnection } from './modbus-tcp.connection.ts'

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

type Reply = (socket: Socket, reply: Buffer) => Promise<void> | void

/** A device whose register n holds n; `replies` say, request by request, how the bytes of the reply are sent. */
async function deviceWith(replies: Reply[]) {
  const server = createServer((socket) => {
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('data', (request: Buffer) => {
      const [transactionId, unitId] = [request.readUInt16BE(0), request[6]!]
      const [address, count] = [request.readUInt16BE(8), request.readUInt16BE(10)]
      const words = Array.from({ length: count }, (_, i) => [(address + i) >> 8, (address + i) & 0xff])
      const pdu = Uint8Array.of(3, count * 2, ...words.flat())
      void replies.shift()?.(socket, Buffer.from(encodeMbap({ transactionId, unitId, pdu })))
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const bus = ModbusBusConfig.parse({ transport: { type: 'tcp', host: '127.0.0.1', port }, timeoutMs: 500 })
  if (bus.transport.type !== 'tcp') throw new Error('not tcp')
  const connection = new ModbusTcpConnection(bus, bus.transport, systemClock, connectTcp)
  stops.push(
    () => server.close(),
    () => connection.stop(),
  )
  return async (address: number, count: number) =>
    (await connection.read(1, { function: 3, address, count })).words
}
const wordsFrom = (address: number, count: number) => Array.from({ length: count }, (_, i) => address + i)
const whole: Reply = (socket, reply) => void socket.write(reply)

test('a reply that comes in pieces is put together, although each is received into the same bytes', async () => {
  const inPieces: Reply = async (socket, reply) => {
    const cuts = [0, 3, 7, 8, 100, reply.length - 1, reply.length]
    for (const [i, start] of cuts.slice(0, -1).entries()) {
      socket.write(reply.subarray(start, cuts[i + 1]))
      await delay(10)
    }
  }
  const read = await deviceWith([inPieces, whole])
  expect(await read(4_000, 125)).toEqual(wordsFrom(4_000, 125))
  expect(await read(7, 2)).toEqual([7, 8])
})

test('a reply behind more strange ones than are received at once is found', async () => {
  const late = (offset: number, reply: Buffer) => {
    const strange = Buffer.from(reply)
    strange.writeUInt16BE(strange.readUInt16BE(0) + offset)
    return strange.fill(0xee, 9)
  }
  const crowded: Reply = (socket, reply) =>
    void socket.write(Buffer.concat([late(3, reply), late(2, reply), late(1, reply), reply]))
  const read = await deviceWith([crowded, whole])
  expect(await read(1_000, 125)).toEqual(wordsFrom(1_000, 125))
  expect(await read(9, 1)).toEqual([9])
})

test('rubbish ends the connection as an invalid reply, the next request makes a new one', async () => {
  const read = await deviceWith([(socket) => void socket.write(Buffer.alloc(600, 0x5a)), whole])
  await expect(read(1, 1)).rejects.toMatchObject({ code: errorCodes.replyInvalid })
  expect(await read(2, 1)).toEqual([2])
})

test('a device that closes the connection is disconnected, also in the middle of a reply', async () => {
  const read = await deviceWith([(socket, reply) => void socket.end(reply.subarray(0, 8)), whole])
  await expect(read(1, 1)).rejects.toMatchObject({ code: errorCodes.busDisconnected })
  expect(await read(2, 1)).toEqual([2])
})
