/** Bytes by hand on a real socket: what any client of the protocol would see. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { SimulatedTerminal } from './terminal.ts'

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

async function start(
  options: Parameters<typeof SimulatedTerminal.start>[0],
): Promise<[SimulatedTerminal, Socket]> {
  const terminal = await SimulatedTerminal.start(options)
  stops.push(() => terminal.stop())
  const socket = connect(terminal.port, '127.0.0.1')
  stops.push(() => socket.destroy())
  await once(socket, 'connect')
  return [terminal, socket]
}

async function ask(socket: Socket, hex: string, bytes: number): Promise<string> {
  socket.write(Buffer.from(hex.replace(/\s/g, ''), 'hex'))
  let read = Buffer.alloc(0)
  while (read.length < bytes) read = Buffer.concat([read, (await once(socket, 'data'))[0] as Buffer])
  return read.toString('hex')
}

test('connects as in the capture of pyzk and refuses without key', async () => {
  const [, socket] = await start({ commKey: 12 })
  // Session 1000 is 03e8; 2005 unauthorised: 07d5+03e8 = 0bbd, complement f442.
  expect(await ask(socket, '5050827d08000000e80317fc00000000', 16)).toBe('5050827d08000000d50742f4e8030000')
  // Time, unasked for: still unauthorised (07d5+03e8+0001).
  expect(await ask(socket, '5050827d08000000 c900 4dfb e803 0100', 16)).toMatch(/^5050827d08000000d507/)
})

test('a log of 40-byte records begins with its length', async () => {
  const [, socket] = await start({ punches: [{ uid: 13, user: '999111333', time: '2018-06-25 17:50:35', verify: 1, punch: 0 }] }) // prettier-ignore
  await ask(socket, '5050827d08000000e80317fc00000000', 16)
  // 1503 with 01 0d 00 …; checksum of 05df 03e8 0001 0d01 … .
  const sum = 0x05df + 0x03e8 + 0x0001 + 0x0d01
  const check = Buffer.alloc(2)
  check.writeUInt16LE(~sum & 0xffff)
  const log = await ask(
    socket,
    `5050827d13000000 df05 ${check.toString('hex')} e803 0100 010d000000000000000000`,
    60,
  )
  // The entry of zk-protocol's data-record.md.
  expect(log.slice(32)).toBe(
    `28000000${'0d00393939313131333333'}${'00'.repeat(15)}016bb3682300${'00000000ff000000'}`,
  )
})
