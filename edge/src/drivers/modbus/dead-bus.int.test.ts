/** A dead bus of 30 silent units delays no other bus: each bus has its own queue and its own line. */
import { afterEach, expect, test } from 'vitest'
import { Quality, type Reading } from '@courtyard/protocols/contract'
import { loadProfiles } from '@courtyard/protocols/profile'
import { systemClock } from '../../clock.ts'
import { silentLogger } from '../../log.ts'
import { BusPoller } from '../../polling/bus-poller.ts'
import { testDriverContext } from '../../testing/driver-context.ts'
import { ModbusDeviceProcess } from '../../testing/modbus-device.ts'
import { modbusDriver } from './index.ts'
import { ModbusBusConfig } from './modbus.config.ts'

const board = loadProfiles().get('wellpro-wp8025adam')!
const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

/** Polls units of a line and gathers what they gave. */
function pollerOf(port: number, unitIds: readonly number[], intervalMs: number) {
  const readings: Reading[] = []
  const transport = { type: 'rtu-tcp', host: '127.0.0.1', port }
  const bus = ModbusBusConfig.parse({ transport, timeoutMs: 100 })
  const devices = unitIds.map((unitId) => ({ key: `u${unitId}`, address: { unitId }, profile: board }))
  const poller = new BusPoller({
    ...{ key: `bus ${port}`, clock: systemClock, logger: silentLogger(), random: () => 0.5 },
    createDriver: () => modbusDriver.create(testDriverContext(bus), devices),
    devices: devices.map(({ key }) => key),
    tasks: devices.map(({ key }) => ({ deviceKey: key, group: 'fast', intervalMs })),
    offer: (emission) => {
      readings.push(...(emission.readings ?? []))
      return Promise.resolve()
    },
  })
  stops.push(() => poller.stop())
  poller.start()
  return { readings, poller }
}

test('thirty silent units on one line, one that answers on another', async () => {
  const silent = Array.from({ length: 30 }, (_, i) => i + 1)
  const deadLine = await ModbusDeviceProcess.start(silent.map((unitId) => ({ unitId, profile: board.id })))
  stops.push(() => deadLine.stop())
  for (const unitId of silent) await deadLine.setFault(unitId, 'silent')
  const goodLine = await ModbusDeviceProcess.start([{ unitId: 1, profile: board.id }])
  stops.push(() => goodLine.stop())

  const dead = pollerOf(deadLine.rtuPort, silent, 500)
  const good = pollerOf(goodLine.rtuPort, [1], 500)
  await new Promise((resolve) => setTimeout(resolve, 3_600))

  // The dead line was busy most of the time: thirty timeouts of 100 ms are three seconds.
  expect(dead.poller.snapshot().load).toBeGreaterThan(0.5)
  expect(dead.readings.length).toBeGreaterThanOrEqual(20 * 8)
  expect(dead.readings.every(({ quality }) => quality === Quality.timeout)).toBe(true)
  expect(good.poller.snapshot().missedDeadlines).toBe(0)
  expect(good.readings.every(({ quality }) => quality === Quality.good)).toBe(true)
  const polls = good.readings.filter(({ point }) => point === 'u1/relay1').map(({ atMs }) => atMs)
  expect(polls.length).toBeGreaterThanOrEqual(6)
  for (let i = 1; i < polls.length; i++) expect(polls[i]! - polls[i - 1]!).toBeLessThan(1_000)
})
