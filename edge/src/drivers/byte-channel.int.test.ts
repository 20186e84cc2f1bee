import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { SerialPort } from 'serialport'
import { afterEach, describe, expect, test } from 'vitest'
import { AppError } from '@courtyard/protocols/contract'
import { systemClock } from '../clock.ts'
import { errorCodes } from '../errors.ts'
import { PtyPair, socatInstalled } from '../testing/pty-pair.ts'
import { ByteChannel, type ByteChannelOptions } from './byte-channel.connection.ts'
import { LineTransport } from './byte-channel.ts'
import { connectTcp } from './tcp-transport.ts'

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

function channelOn(line: object, change: Partial<ByteChannelOptions> = {}): ByteChannel {
  const channel = new ByteChannel({
    ...{ line: LineTransport.parse(line), clock: systemClock, connectTcp },
    ...{ timeoutMs: 200, quietMs: 5, interByteMs: 80, ...change },
  })
  stops.push(() => channel.stop())
  return channel
}
const bytes = (text: string) => Buffer.from(text, 'latin1')
/** A reply is a text that ends in a full stop. */
const untilStop = (received: Uint8Array) => {
  const text = Buffer.from(received).toString('latin1')
  return text.endsWith('.') ? text : null
}
const ask = async (channel: ByteChannel, text: string) =>
  (await channel.exchange(bytes(text), untilStop)).reply
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  )
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** The device's end of a line, by the library alone; `answer` gets each request. */
async function deviceOn(path: string, answer: (request: string, port: SerialPort) => unknown) {
  const port = new SerialPort({ path, baudRate: 9600 })
  await once(port, 'open')
  port.on('error', () => {})
  port.on('data', (chunk: Buffer) => answer(chunk.toString('latin1'), port))
  stops.push(() => new Promise<void>((resolve) => (port.isOpen ? port.close(() => resolve()) : resolve())))
  return port
}

// In CI it must run: a machine without socat fails there instead of skipping.
describe.skipIf(!socatInstalled && !process.env['CI'])('serial line (needs socat)', () => {
  async function linePair() {
    const pair = await PtyPair.start()
    stops.push(() => pair.stop())
    return pair
  }
  const serial = (pair: PtyPair) => ({ type: 'serial', path: pair.path })

  test('a reply in pieces, with its instant and latency', async () => {
    const pair = await linePair()
    await deviceOn(pair.devicePath, async (request, port) => {
      port.write(`${request} an`)
      await pause(30)
      port.write('swer.')
    })
    const channel = channelOn(serial(pair))
    const before = Date.now()
    const { reply, atMs, latencyMs } = await channel.exchange(bytes('one'), untilStop)
    expect(reply).toBe('one answer.')
    expect(latencyMs).toBeGreaterThanOrEqual(29)
    expect(atMs).toBeGreaterThanOrEqual(before + 29)
    expect(channel.connected).toBe(true)
  })

  test('what came before the request is no reply to it', async () => {
    const pair = await linePair()
    const port = await deviceOn(pair.devicePath, (request, device) => device.write(`${request}.`))
    const channel = channelOn(serial(pair))
    expect(await ask(channel, 'one')).toBe('one.')
    port.write('stale.')
    await pause(20)
    expect(await ask(channel, 'two')).toBe('two.')
  })

  test('a late reply is drained before the next request', async () => {
    const pair = await linePair()
    await deviceOn(pair.devicePath, async (request, port) => {
      if (request === 'slow') await pause(215)
      port.write(`${request}.`)
    })
    const channel = channelOn(serial(pair))
    expect(await codeOf(ask(channel, 'slow'))).toBe(errorCodes.requestTimeout)
    expect(await ask(channel, 'next')).toBe('next.')
  })

  test('a long reply at a low rate does not time out while it is coming', async () => {
    const pair = await linePair()
    await deviceOn(pair.devicePath, async (_request, port) => {
      for (let i = 0; i < 12; i++) {
        port.write('x')
        await pause(40)
      }
      port.write('.')
    })
    const channel = channelOn({ ...serial(pair), baudRate: 2400 })
    expect(await ask(channel, 'long')).toBe('xxxxxxxxxxxx.')
  })

  test('the time of sending does not count against the device', async () => {
    const pair = await linePair()
    await deviceOn(pair.devicePath, () => {})
    const channel = channelOn({ ...serial(pair), baudRate: 300 }, { timeoutMs: 50 })
    const before = performance.now()
    expect(await codeOf(ask(channel, 'ten bytes.'))).toBe(errorCodes.requestTimeout)
    // 10 characters of 10 bits at 300 bits per second, then 50 ms.
    expect(performance.now() - before).toBeGreaterThanOrEqual(333 + 50)
  })

  test('silence between what was on the line and the next request', async () => {
    const pair = await linePair()
    const times: number[] = []
    await deviceOn(pair.devicePath, (request, port) => {
      times.push(performance.now())
      port.write(`${request}.`)
    })
    const channel = channelOn(serial(pair), { quietMs: 60 })
    await ask(channel, 'one')
    await ask(channel, 'two')
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(59)
  })

  test('garbage is an invalid reply that shows its bytes, and the next request is answered', async () => {
    const pair = await linePair()
    await deviceOn(pair.devicePath, (request, port) => port.write(request === 'bad' ? 'rub' : `${request}.`))
    const channel = channelOn(serial(pair))
    const error = await channel.exchange(bytes('bad'), untilStop).catch((cause: unknown) => cause)
    expect(error).toMatchObject({ code: errorCodes.replyInvalid, details: { bytes: '727562' } })
    expect(await ask(channel, 'good')).toBe('good.')
  })

  test('an error of the codec is an invalid reply, the refusal of a device stays one', async () => {
    const pair = await linePair()
    await deviceOn(pair.devicePath, (request, port) => port.write(`${request}.`))
    const channel = channelOn(serial(pair))
    const throwing = (code: string) => () => {
      throw new AppError(code, 'why')
    }
    expect(await codeOf(channel.exchange(bytes('a'), throwing('codec.broken')))).toBe(errorCodes.replyInvalid)
    expect(await codeOf(channel.exchange(bytes('b'), throwing(errorCodes.requestRefused)))).toBe(
      errorCodes.requestRefused,
    )
    expect(await ask(channel, 'c')).toBe('c.')
  })

  test('a line that never falls silent ends each request', async () => {
    const pair = await linePair()
    const port = await deviceOn(pair.devicePath, () => {})
    const babble = setInterval(() => port.write('x'.repeat(100)), 5)
    stops.push(() => clearInterval(babble))
    const channel = channelOn(serial(pair), { quietMs: 20 })
    expect(await codeOf(ask(channel, 'one'))).toBe(errorCodes.replyInvalid)
    clearInterval(babble)
  })

  test('pulled out and put in again: fails at once, then goes on with a new port', async () => {
    const pair = await linePair()
    await deviceOn(pair.devicePath, (request, port) => port.write(`${request}.`))
    const channel = channelOn(serial(pair), { timeoutMs: 5_000 })
    expect(await ask(channel, 'one')).toBe('one.')
    const pending = codeOf(channel.exchange(bytes('never'), () => null, { timeoutMs: 5_000 }))
    await pause(20)
    const before = performance.now()
    await pair.unplug()
    expect(await pending).toBe(errorCodes.busDisconnected)
    expect(performance.now() - before).toBeLessThan(1_000)
    expect(channel.connected).toBe(false)
    expect(await codeOf(ask(channel, 'two'))).toBe(errorCodes.busDisconnected)
    await pair.plugIn()
    await deviceOn(pair.devicePath, (request, port) => port.write(`${request}!.`))
    await expect
      .poll(() => ask(channel, 'three').catch(String), { timeout: 5_000, interval: 50 })
      .toBe('three!.')
  })

  test('a port that another program holds is tried again', async () => {
    const pair = await linePair()
    await deviceOn(pair.devicePath, (request, port) => port.write(`${request}.`))
    const holder = new SerialPort({ path: pair.path, baudRate: 9600 })
    await once(holder, 'open')
    const channel = channelOn(serial(pair))
    expect(await codeOf(ask(channel, 'one'))).toBe(errorCodes.busDisconnected)
    await new Promise<void>((resolve) => holder.close(() => resolve()))
    await expect.poll(() => ask(channel, 'two').catch(String), { timeout: 3_000, interval: 50 }).toBe('two.')
  })

  test('stop ends an exchange under way, frees the port and leaves no timer', async () => {
    const pair = await linePair()
    await deviceOn(pair.devicePath, (request, port) => request === 'one' && port.write('one.'))
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
    const before = timers()
    const channel = channelOn(serial(pair), { timeoutMs: 10_000 })
    await ask(channel, 'one')
    const pending = codeOf(ask(channel, 'two'))
    await pause(20)
    await channel.stop()
    expect(await pending).toBe(errorCodes.busDisconnected)
    expect(await codeOf(ask(channel, 'three'))).toBe(errorCodes.busDisconnected)
    expect(timers()).toBeLessThanOrEqual(before)
    const next = channelOn(serial(pair))
    expect(await ask(next, 'one')).toBe('one.')
  })

  test('stop while the port is being opened', async () => {
    const pair = await linePair()
    await deviceOn(pair.devicePath, (request, port) => port.write(`${request}.`))
    const channel = channelOn(serial(pair))
    const pending = codeOf(ask(channel, 'one'))
    await channel.stop()
    expect(await pending).toBe(errorCodes.busDisconnected)
    expect(await ask(channelOn(serial(pair)), 'two')).toBe('two.')
  })

  test('what nobody answers is on the wire before the next request', async () => {
    const pair = await linePair()
    const heard: string[] = []
    await deviceOn(pair.devicePath, (request, port) => {
      heard.push(request)
      if (request === 'two') port.write('two.')
    })
    const channel = channelOn({ ...serial(pair), baudRate: 1200 })
    const before = performance.now()
    await channel.send(bytes('broadcast'))
    expect(performance.now() - before).toBeGreaterThanOrEqual(74)
    expect(await ask(channel, 'two')).toBe('two.')
    expect(heard.join(' ')).toBe('broadcast two')
  })
})

describe('converter', () => {
  async function converter(answer: (request: string, socket: Socket) => unknown) {
    const sockets = new Set<Socket>()
    let accepted = 0
    const server: Server = createServer((socket) => {
      accepted += 1
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('data', (chunk) => answer(chunk.toString('latin1'), socket))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    stops.push(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    const { port } = server.address() as AddressInfo
    return { line: { type: 'tcp', host: '127.0.0.1', port }, accepted: () => accepted, server }
  }

  test('a late reply dies with its connection', async () => {
    const given = Promise.withResolvers<void>()
    const { line, accepted } = await converter(async (request, socket) => {
      if (request === 'slow') await given.promise
      socket.write(`${request}.`)
    })
    const channel = channelOn(line)
    expect(await codeOf(ask(channel, 'slow'))).toBe(errorCodes.requestTimeout)
    expect(channel.connected).toBe(false)
    given.resolve()
    expect(await ask(channel, 'next')).toBe('next.')
    expect(await ask(channel, 'more')).toBe('more.')
    expect(accepted()).toBe(2)
  })

  test('a converter that cuts the connection, and nobody there', async () => {
    const { line, server } = await converter((request, socket) =>
      request === 'cut' ? socket.resetAndDestroy() : socket.write(`${request}.`),
    )
    const channel = channelOn(line)
    expect(await codeOf(ask(channel, 'cut'))).toBe(errorCodes.busDisconnected)
    expect(await ask(channel, 'on')).toBe('on.')
    server.close()
    expect(await codeOf(ask(channel, 'cut'))).toBe(errorCodes.busDisconnected)
    const before = performance.now()
    for (let round = 0; round < 3; round++) {
      expect(await codeOf(ask(channel, 'one'))).toBe(errorCodes.busDisconnected)
    }
    expect(performance.now() - before).toBeLessThan(100)
  })
})
