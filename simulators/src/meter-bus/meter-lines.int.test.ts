import { connect } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { startCjt188Line } from '../cjt188/index.ts'
import { startDlt645Line } from '../dlt645/index.ts'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

/** Sends hexadecimal bytes; resolves with what came when the expected is there, or after a while. */
async function say(port: number, hex: string, expected: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' })
  let heard = ''
  socket.on('data', (bytes) => (heard += bytes.toString('hex').toUpperCase()))
  socket.on('error', () => {})
  socket.write(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
  const endMs = performance.now() + (expected === '' ? 100 : 3_000)
  while (
    performance.now() < endMs &&
    (expected === '' || heard.length < expected.replaceAll(' ', '').length)
  ) {
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  socket.destroy()
  return heard.replace(/(..)(?=.)/g, '$1 ')
}

async function expectAnswer(port: number, asked: string, answered: string): Promise<void> {
  expect(await say(port, asked, answered)).toBe(answered)
}

/** The bytes of public captures (see protocols/src/dlt645/dlt645.test.ts), asked and answered. */
test('a DL/T 645 meter answers as published meters do', async () => {
  const line = await startDlt645Line({ wakeUps: 0, meters: [{ address: '000000000161', energyKwh: 0.26 }] })
  stops.push(() => line.stop())
  const answers: [string, string][] = [
    ['68 61 01 00 00 00 00 68 11 04 33 33 34 33 14 16', '68 61 01 00 00 00 00 68 91 08 33 33 34 33 59 33 33 33 8A 16'],
    ['FE FE FE FE 68 AA AA AA AA AA AA 68 13 00 DF 16', '68 61 01 00 00 00 00 68 93 06 94 34 33 33 33 33 5F 16'],
    ['68 61 01 00 00 00 00 68 11 04 33 33 34 33 15 16', ''],
    ['68 62 01 00 00 00 00 68 11 04 33 33 34 33 15 16', ''],
    ['68 61 01 00 00 00 00 68 11 04 32 33 34 33 13 16', '68 61 01 00 00 00 00 68 D1 01 35 39 16'],
  ]
  for (const [asked, answered] of answers) await expectAnswer(line.port, asked, answered)
}) // prettier-ignore

test('an edition of 1997 as in the manual of HEYUAN', async () => {
  const line = await startDlt645Line({ wakeUps: 0, meters: [{ address: '000000000003', edition: '1997' }] })
  stops.push(() => line.stop())
  // 230 V in place of the manual's 100 V.
  await expectAnswer(
    line.port,
    '68 03 00 00 00 00 00 68 01 02 44 E9 03 16',
    '68 03 00 00 00 00 00 68 81 04 44 E9 63 35 1D 16',
  )
})

test('the relay wants the password and moves after its delay', async () => {
  let nowMs = Date.UTC(2026, 10, 22, 4)
  const meter = { address: '000000219998', password: '02000000', relayDelayMs: 1000 }
  const line = await startDlt645Line({ wakeUps: 0, now: () => nowMs, meters: [meter] })
  stops.push(() => line.stop())
  const order = '68 98 99 21 00 00 00 68 1C 10 35 33 33 33 63 63 63 63 4D 33 33 33 33 56 45 CC 28 16'
  await expectAnswer(line.port, order, '68 98 99 21 00 00 00 68 9C 00 BE 16')
  const { relayOpen } = line.meters.get('000000219998')!
  nowMs += 1000
  expect([relayOpen, line.meters.get('000000219998')!.relayOpen]).toEqual([false, true])
  const wrong = '68 98 99 21 00 00 00 68 1C 10 35 34 33 33 63 63 63 63 4D 33 33 33 33 56 45 CC 29 16'
  await expectAnswer(line.port, wrong, '68 98 99 21 00 00 00 68 DC 01 37 36 16')
})

test('a CJ/T 188 meter answers as published meters do', async () => {
  const meters = [{ address: '00002020120218', volumeM3: 2 }]
  const line = await startCjt188Line({ wakeUps: 0, meters, now: () => Date.UTC(2015, 4, 11, 14, 1, 31) })
  stops.push(() => line.stop())
  await expectAnswer(
    line.port,
    '68 10 18 02 12 20 20 00 00 01 03 90 1F 00 97 16',
    '68 10 18 02 12 20 20 00 00 81 16 90 1F 00 00 02 00 00 2C 00 02 00 00 2C 31 01 22 11 05 15 20 00 00 25 16',
  )
  await expectAnswer(
    line.port,
    'FE FE 68 AA AA AA AA AA AA AA AA 03 03 81 0A 00 49 16',
    '68 10 18 02 12 20 20 00 00 83 03 81 0A 00 F5 16',
  )
})
