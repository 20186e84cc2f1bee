/**
 * Bytes that others made: the examples of the standard (ANSI/ASHRAE 135-2020, Annex F) and what BACpypes3 0.0.105
 * answered to this driver, recorded. A recorded device knows exact requests only; the invoke id is filled in.
 */
import { createSocket, type Socket } from 'node:dgram'
import { afterEach, describe, expect, test } from 'vitest'
import { Quality } from '@courtyard/protocols/contract'
import { DeviceProfile } from '@courtyard/protocols/profile'
import { testDriverContext } from '../../testing/driver-context.ts'
import { bacnetDriver } from './index.ts'
import { BacnetAddress, BacnetBusConfig } from './bacnet.config.ts'

/** APDU of a request without its first three bytes → APDU of the reply, `ii` in place of the invoke id. */
type Recording = Readonly<Record<string, string>>

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

async function replay(recording: Recording): Promise<number> {
  const socket: Socket = createSocket('udp4')
  socket.on('message', (bytes, from) => {
    const npdu = bytes.subarray(4)
    const apdu = npdu.subarray(2)
    const invokeId = apdu.subarray(2, 3).toString('hex')
    const answer = recording[apdu.subarray(3).toString('hex')]
    if (answer === undefined) return
    const reply = Buffer.from(`0100${answer.replace('ii', invokeId)}`, 'hex')
    const head = Buffer.from([0x81, 0x0a, 0, reply.length + 4])
    socket.send(Buffer.concat([head, reply]), from.port, from.address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  stops.push(() => new Promise<void>((resolve) => socket.close(resolve)))
  return socket.address().port
}

function driverOf(
  port: number,
  points: readonly [object: string, instance: number, scale: number][],
  bacnet = {},
) {
  const label = { zh: 'x', en: 'x' }
  const profile = DeviceProfile.parse({
    ...{
      id: 'test',
      manufacturer: 'x',
      model: 'x',
      label,
      medium: 'equipment',
      driver: 'bacnet',
      sources: ['test'],
    },
    ...{ bacnet, groups: { fast: { intervalMs: 1000 } } },
    points: points.map(([object, instance, scale]) => ({
      ...{ key: `${object}${instance}`, label, kind: 'gauge', code: '', unit: '', scale, group: 'fast' },
      bacnet: { object, instance },
    })),
  })
  const bus = BacnetBusConfig.parse({ host: '127.0.0.1', port: 0, timeoutMs: 300, retries: 0 })
  const address = BacnetAddress.parse({ host: '127.0.0.1', port })
  const driver = bacnetDriver.create(testDriverContext(bus), [{ key: 'u', address, profile }])
  stops.push(() => driver.stop())
  return driver
}
const read = async (driver: ReturnType<typeof driverOf>) => {
  const { readings, failure } = await driver.poll('u', 'fast')
  expect(failure).toBeNull()
  return readings.map(({ mantissa, quality }) =>
    quality === Quality.good ? mantissa : { mantissa, quality },
  )
}

describe('examples of the standard', () => {
  test('F.3.5 ReadProperty: 72.3', async () => {
    const port = await replay({
      '0c0c000000051955': '30ii0c0c0000000519553e444290999a3f',
      '0c0c00000005196f': '50ii0c91029120',
    })
    expect(await read(driverOf(port, [['analogInput', 5, 1]], { maxObjects: 1 }))).toEqual([723])
  })

  test('F.3.7 ReadPropertyMultiple: 42.3, no such object, 435.7', async () => {
    const port = await replay({
      '0e0c000000211e0955096f1f0c000000321e0955096f1f0c000000231e0955096f1f':
        '30ii0e0c000000211e29554e44422933334f1f0c000000321e29555e9101911f5f1f0c000000231e29554e4443d9d99a4f1f',
    })
    const points = [['analogInput', 33, 1], ['analogInput', 50, 1], ['analogInput', 35, 1]] as [string, number, number][] // prettier-ignore
    expect(await read(driverOf(port, points))).toEqual([
      423,
      { mantissa: null, quality: Quality.refused },
      4357,
    ])
  })

  test('F.3.9 WriteProperty: 180 into the analog value 1, which is read back', async () => {
    const port = await replay({
      '0f0c0080000119553e44433400003f4908': '20ii0f',
      '0c0c008000011955': '30ii0c0c0080000119553e44433400003f',
    })
    const body = { kind: 'write', data: { object: 'analogValue', instance: 1, value: 180 } } as const
    const driver = driverOf(port, [['analogValue', 1, 0]])
    expect(await driver.execute!('u', { target: 'write', body })).toMatchObject({ result: 'confirmed' })
  })
})

describe('BACpypes3, recorded', () => {
  const request = '0e0c000000011e0955096f1f0c000000021e0955096f1f0c004000011e0955096f1f0c010000011e0955096f1f0c000000091e0955096f1f' // prettier-ignore
  const reply = '30ii0e0c000000011e29554e4441bb999a4f296f4e8204004f1f0c000000021e29554e44c12800004f296f4e8204004f1f0c004000011e29554e4441a000004f296f4e8204004f1f0c010000011e29554e91014f296f4e8204004f1f0c000000091e29555e9101911f5f296f5e9101911f5f1f' // prettier-ignore
  const points = [['analogInput', 1, 2], ['analogInput', 2, 1], ['analogOutput', 1, 0], ['binaryOutput', 1, 0], ['analogInput', 9, 0]] as [string, number, number][] // prettier-ignore
  const refused = { mantissa: null, quality: Quality.refused }

  test('five objects with their flags, one of which is not there', async () => {
    expect(await read(driverOf(await replay({ [request]: reply }), points))).toEqual([
      2345,
      -105,
      20,
      1,
      refused,
    ])
  })

  test('the same with the flag of a fault, and one cut off at every byte', async () => {
    const faulty = reply.replace('c12800004f296f4e820400', 'c12800004f296f4e820440')
    const doubtful = { mantissa: -105, quality: Quality.uncertain }
    expect(await read(driverOf(await replay({ [request]: faulty }), points))).toEqual([
      2345,
      doubtful,
      20,
      1,
      refused,
    ])
    const recording: Record<string, string> = {}
    const driver = driverOf(await replay(recording), points)
    for (let end = 6; end < reply.length; end += 2) {
      recording[request] = reply.slice(0, end)
      const { readings } = await driver.poll('u', 'fast')
      // What is cut off is no value; what stood before it may be one, and then the right one.
      const right = [2345, -105, 20, 1, null]
      readings.forEach(({ mantissa }, i) => expect([null, right[i]]).toContain(mantissa))
    }
    recording[request] = reply
    expect(await read(driver)).toEqual([2345, -105, 20, 1, refused])
  }, 20_000)

  test('give a priority up: null at 8, and the place in the priority array is empty', async () => {
    const port = await replay({
      '0f0c0040000119553e003f4908': '20ii0f',
      '0c0c0040000119572908': '30ii0c0c00400001195729083e003f',
    })
    const body = { kind: 'write', data: { object: 'analogOutput', instance: 1, value: null } } as const
    const driver = driverOf(port, [['analogOutput', 1, 0]])
    expect(await driver.execute!('u', { target: 'write', body })).toMatchObject({ result: 'confirmed' })
  })
})
