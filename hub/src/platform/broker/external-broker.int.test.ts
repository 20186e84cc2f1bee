import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import mqtt, { type MqttClient } from 'mqtt'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { findFreePort } from '../database/free-port.ts'
import { say } from '../reasons/reason.ts'
import { ExternalBroker } from './external-broker.ts'

/** Debian puts it where only root's path looks. */
const program = ['mosquitto', '/usr/sbin/mosquitto'].find(
  (name) => spawnSync(name, ['-h']).error === undefined,
)

describe.skipIf(!program)('with Mosquitto', () => {
  let port: number
  let folder: string
  let mosquitto: ChildProcess
  const ends: (() => Promise<unknown>)[] = []

  async function startMosquitto(): Promise<void> {
    mosquitto = spawn(program!, ['-c', join(folder, 'mosquitto.conf')], { stdio: 'ignore' })
    for (let attempt = 0; attempt < 100; attempt++) {
      const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0, connectTimeout: 500 })
      const up = await Promise.race([next(client, 'connect'), next(client, 'close')]).then(
        () => client.connected,
        () => false,
      )
      await client.endAsync(true)
      if (up) return
      await sleep(50)
    }
    throw new Error('mosquitto did not start')
  }

  beforeAll(async () => {
    port = await findFreePort()
    folder = mkdtempSync(join(tmpdir(), 'courtyard-mosquitto-'))
    writeFileSync(join(folder, 'mosquitto.conf'), `listener ${port} 127.0.0.1\nallow_anonymous true\n`)
    await startMosquitto()
  })
  afterEach(async () => {
    for (const end of ends.splice(0)) await end()
  })
  afterAll(() => {
    mosquitto.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })

  async function hubSide(): Promise<ExternalBroker> {
    const broker = new ExternalBroker({
      url: `mqtt://hub:pass@127.0.0.1:${port}`,
      publicUrl: null,
      log: pino({ level: 'silent' }),
    })
    ends.push(() => broker.stop())
    while (!broker.state().ok) await sleep(10)
    return broker
  }
  async function gateway(): Promise<MqttClient> {
    const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, { protocolVersion: 4 })
    ends.push(() => client.endAsync(true))
    await next(client, 'connect')
    return client
  }

  test('two hubs share the messages; each is taken in once', async () => {
    const taken: string[] = []
    const counts = [0, 0]
    for (const index of [0, 1]) {
      const hub = await hubSide()
      await hub.subscribe('c/+/up/#', async ({ payload }) => {
        counts[index]!++
        taken.push(payload.toString())
      })
    }
    const client = await gateway()
    await Promise.all(
      Array.from({ length: 100 }, (_, n) => client.publishAsync('c/g/up/batch', String(n), { qos: 1 })),
    )
    while (taken.length < 100) await sleep(10)
    expect(new Set(taken).size).toBe(100)
    expect(Math.min(...counts)).toBeGreaterThan(0)
  })

  test('no more handlers at once than allowed; the rest waits in the broker', async () => {
    const hub = await hubSide()
    const gate = Promise.withResolvers<void>()
    let begun = 0
    await hub.subscribe(
      'c/+/up/#',
      async () => {
        begun++
        await gate.promise
      },
      { inFlight: 4 },
    )
    const client = await gateway()
    await Promise.all(Array.from({ length: 50 }, () => client.publishAsync('c/g/up/batch', 'x', { qos: 1 })))
    await sleep(300)
    expect(begun).toBe(4)
    gate.resolve()
    while (begun < 50) await sleep(10)
  })

  test('comes back after the broker was away, and says meanwhile that it is not there', async () => {
    const hub = await hubSide()
    const taken: string[] = []
    await hub.subscribe('c/+/up/#', async ({ payload }) => void taken.push(payload.toString()))
    expect(hub.publicUrl).toBe(`mqtt://127.0.0.1:${port}`)
    mosquitto.kill('SIGKILL')
    while (hub.state().ok) await sleep(10)
    expect(say(hub.state().detail, 'en')).not.toContain('pass')
    await startMosquitto()
    while (!hub.state().ok) await sleep(10)
    await sleep(200)
    const client = await gateway()
    await client.publishAsync('c/g/up/batch', 'after', { qos: 1 })
    while (taken.length === 0) await sleep(10)
    expect(taken).toEqual(['after'])
  })
})

/** Arguments of the client's next such event; errors are events too. */
function next(client: MqttClient, event: 'connect' | 'close' | 'error' | 'message'): Promise<unknown[]> {
  return new Promise((resolve) => client.once(event, (...values: unknown[]) => resolve(values)))
}
