/**
 * Profiles against bytes that our encoders did not make: where the catalogue suite would not see that driver and
 * simulated device are wrong in the same way, these would.
 */
import { afterEach, describe, expect, test } from 'vitest'
import * as cjt188 from '@courtyard/protocols/cjt188'
import { Quality, type Reading } from '@courtyard/protocols/contract'
import { formatUnits } from '@courtyard/protocols/decimal'
import * as dlt645 from '@courtyard/protocols/dlt645'
import { bytesFromHex, hexText } from '@courtyard/protocols/meter-bus'
import { decodeAnswer, decodeValue, encodeRead, registerWidth } from '@courtyard/protocols/modbus'
import { loadProfiles, type DeviceProfile } from '@courtyard/protocols/profile'
import { decodeAttendance } from '@courtyard/protocols/zkteco'
import { cjt188Points } from '../../edge/src/drivers/cjt188/cjt188.points.ts'
import { dlt645Points } from '../../edge/src/drivers/dlt645/dlt645.points.ts'
import type { IdentifierPoint } from '../../edge/src/drivers/meter-bus/identifier-device.ts'
import { modbusDriver } from '../../edge/src/drivers/modbus/index.ts'
import { punchEvent } from '../../edge/src/drivers/zkteco/events.ts'
import { SiteZone } from '../../edge/src/drivers/zkteco/local-time.ts'
import { testDriverContext } from '../../edge/src/testing/driver-context.ts'
import { startLiteralServer } from './vectors/literal-server.ts'
import { cjt188Vectors, dlt645Vectors, type LineVector } from './vectors/meter-line.ts'
import { conversations } from './vectors/modbus-frames.ts'
import { modbusVectors } from './vectors/modbus.ts'
import { zktecoVectors } from './vectors/zkteco.ts'

const profiles = loadProfiles()
const profileOf = (id: string): DeviceProfile => {
  const profile = profiles.get(id)
  if (!profile) throw new Error(`no profile ${id}`)
  return profile
}
const busOf = (bus: object) => bus as Parameters<typeof modbusDriver.describeBus>[0]
const written = (mantissa: number | null, scale: number) =>
  mantissa === null ? null : formatUnits(mantissa, scale)

describe('Modbus', () => {
  test.each(modbusVectors)('%s %s: %s is answered by %s: %s', (id, key, request, reply, expected) => {
    const { modbus, scale } = profileOf(id).points.find((point) => point.key === key)!
    const { function: fn, address, type } = modbus!
    expect(hexText(encodeRead({ function: fn, address, count: registerWidth(type) }))).toBe(request)
    const { words } = decodeAnswer(bytesFromHex(request), bytesFromHex(reply))
    expect(written(decodeValue(modbus!, words!, scale).mantissa, scale)).toBe(expected)
  })

  test('every electricity meter has a vector', () => {
    const meters = [...profiles.values()].filter(
      ({ driver, medium }) => driver === 'modbus' && medium === 'electricity',
    )
    const proved = new Set(modbusVectors.map(([id]) => id))
    expect(meters.map(({ id }) => id).filter((id) => !proved.has(id))).toEqual([])
  })

  const stops: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop()
  })

  test.each(conversations)('$profile on a socket, byte by byte', async ({ profile: id, replies, values }) => {
    const profile = profileOf(id)
    const server = await startLiteralServer(replies)
    stops.push(() => server.stop())
    const transport = { type: 'tcp', host: '127.0.0.1', port: server.port }
    const bus = busOf(modbusDriver.busSchema.parse({ transport, timeoutMs: 1_000 }))
    const address = modbusDriver.addressSchema.parse({ unitId: 1 })
    const driver = modbusDriver.create(testDriverContext(bus), [{ key: 'd', address, profile }])
    stops.push(() => driver.stop())
    const readings: Reading[] = []
    for (const group of Object.keys(profile.groups))
      readings.push(...(await driver.poll('d', group)).readings)
    expect(server.unknown).toEqual([])
    const found = readings.map(({ point, mantissa, scale }) => [point.slice(2), written(mantissa, scale)])
    expect(Object.fromEntries(found)).toEqual(values)
    for (const { mantissa, quality } of readings)
      expect(quality).toBe(mantissa === null ? Quality.invalid : Quality.good)
  })
})

/** What the driver's points make of the data of one reply. */
function lineValues(points: readonly IdentifierPoint[], data: Uint8Array, keys: readonly string[]) {
  const found = keys.map((key) => {
    const { mantissa, scale } = points.find((point) => point.key === key)!.decode(data, 0).reading
    return [key, written(mantissa, scale)]
  })
  return Object.fromEntries(found) as LineVector['values']
}

test.each(dlt645Vectors)('DL/T 645: $profile $values', ({ profile: id, address, request, reply, values }) => {
  const profile = profileOf(id)
  const points = dlt645Points('d', profile)
  const keys = Object.keys(values)
  const { di } = points.find(({ key }) => key === keys[0])!
  const { edition } = profile.dlt645!
  const asked = dlt645.readRequest(edition, address, di)
  expect(hexText(dlt645.encodeFrame(asked, 0))).toBe(request)
  const answer = dlt645.replyTo(edition, asked, dlt645.decodeFrame(bytesFromHex(reply)))
  if (answer?.kind !== 'data') throw new Error(`no data but ${answer?.kind}`)
  expect(lineValues(points, answer.data, keys)).toEqual(values)
})

test.each(cjt188Vectors)('CJ/T 188: $profile $values', ({ profile: id, address, request, reply, values }) => {
  const profile = profileOf(id)
  const { meterType, diOrder } = profile.cjt188!
  const asked = cjt188.readRequest({ meterType: Number.parseInt(meterType, 16), address, diOrder }, '901F', 0)
  expect(hexText(cjt188.encodeFrame(asked, 0))).toBe(request)
  const answer = cjt188.replyTo(asked, cjt188.decodeFrame(bytesFromHex(reply)))
  if (answer?.kind !== 'data') throw new Error(`no data but ${answer?.kind}`)
  expect(lineValues(cjt188Points('d', profile), answer.data, Object.keys(values))).toEqual(values)
})

test.each(zktecoVectors)('ZKTeco: a record of %s, %i bytes', (id, size, hex, event) => {
  const [record] = decodeAttendance(bytesFromHex(hex), size)
  const { user, uid, time, verify, punch } = record!
  const context = { device: 'd', profile: profileOf(id), zone: new SiteZone('Asia/Shanghai') }
  // Records of 8 bytes name the user's place; without a table of users that is all there is.
  const found = punchEvent(context, { person: user ?? String(uid), time, verify, punch, workCode: null })
  expect(found).toMatchObject({ ...event, device: 'd' })
})
