/** The simulator as a client sees it, byte by byte, with a clock that stands still. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type RunningSimulator, startSimulator } from './index.ts'
import { RawClient } from './testing/raw-client.ts'

let nowMs = Date.parse('2026-03-04T11:23:45.678Z')
let simulator: RunningSimulator
const clients: RawClient[] = []

beforeAll(async () => {
  simulator = await startSimulator({ portBase: 0, controlPort: 0 }, () => nowMs)
})
afterAll(() => simulator.stop())
afterEach(() => {
  for (const meter of simulator.site.meters) simulator.clearFault(meter.key)
  for (const client of clients.splice(0)) client.close()
})

const meterOf = (key: string) => simulator.site.meters.find((meter) => meter.key === key)!
async function connectTo(meterKey: string): Promise<RawClient> {
  const { endpoint } = meterOf(meterKey)
  const client = await RawClient.open(simulator.endpoints.find(({ key }) => key === endpoint)!.port)
  clients.push(client)
  return client
}
const values = (key: string) => simulator.truth(key).values

describe('numbers on the wire are the truth, by the maps of the makers', () => {
  // Addresses, forms and factors are written here by hand; profiles and our codecs play no part.
  async function view(key: string, fn: number, address: number, count: number): Promise<DataView> {
    const client = await connectTo(key)
    const answer = await client.read(meterOf(key).unitId, fn, address, count)
    if (typeof answer === 'number') throw new Error(`exception ${answer}`)
    return answer
  }

  test('SDM630: float32 of volts, amperes, watts and kWh', async () => {
    const truth = values('b1-0101-e')
    const block = await view('b1-0101-e', 4, 0, 0x50)
    const float = (address: number, places: number) => block.getFloat32(address * 2).toFixed(places)
    expect({
      voltageL1: float(0x00, 1),
      currentL2: float(0x08, 3),
      powerL3: float(0x10, 1),
      powerTotal: float(0x34, 1),
      powerFactor: float(0x3e, 3),
      frequency: float(0x46, 2),
      energyImport: float(0x48, 2),
      energyExport: float(0x4a, 2),
    }).toEqual(Object.fromEntries(Object.entries(truth).filter(([key]) => /^(voltageL1|currentL2|powerL3|powerTotal|powerFactor|frequency|energyImport|energyExport)$/.test(key)))) // prettier-ignore
  })

  test('DTSU666: float32, tenths of volts and watts, thousandths of amperes', async () => {
    const truth = values('b3-0101-e')
    const electric = await view('b3-0101-e', 3, 0x2006, 0x12 + 2)
    expect((electric.getFloat32(0) / 10).toFixed(1)).toBe(truth['voltageL1'])
    expect((electric.getFloat32(12) / 1000).toFixed(3)).toBe(truth['currentL1'])
    expect((electric.getFloat32(24) / 10).toFixed(1)).toBe(truth['powerTotal'])
    const energy = await view('b3-0101-e', 3, 0x101e, 2)
    expect(energy.getFloat32(0).toFixed(2)).toBe(truth['energyImport'])
  })

  test('ADW300: 16-bit volts and amperes, 32-bit watts and hundredths of kWh', async () => {
    const truth = values('site-total-e')
    const volts = await view('site-total-e', 3, 20, 3)
    expect((volts.getUint16(0) / 10).toFixed(1)).toBe(truth['voltageL1'])
    const power = await view('site-total-e', 3, 30, 8)
    expect(String(power.getInt32(12))).toBe(truth['powerTotal'])
    const energy = await view('site-total-e', 3, 62, 4)
    expect((energy.getInt32(0) / 100).toFixed(2)).toBe(truth['energyImport'])
  })

  test('pulse counter: litres', async () => {
    const pulses = await view('b1-total-w', 3, 0, 4)
    expect((pulses.getUint32(0) / 1000).toFixed(3)).toBe(values('b1-total-w')['volume'])
    expect((pulses.getUint16(4) / 1000).toFixed(3)).toBe(values('b1-total-w')['flow'])
    expect(pulses.getUint16(6)).toBe(0)
  })

  test('time goes on, the register grows', async () => {
    const before = Number(values('site-total-e')['energyImport'])
    nowMs += 3_600_000
    const energy = await view('site-total-e', 3, 62, 2)
    expect(energy.getInt32(0) / 100).toBeGreaterThan(before + 5)
    expect((energy.getInt32(0) / 100).toFixed(2)).toBe(values('site-total-e')['energyImport'])
  })
})

describe('protocol', () => {
  const key = 'site-total-e'
  const ask = (transaction: string, unit: string, pdu: string) => {
    const length = (pdu.split(' ').length + 1).toString(16).padStart(4, '0')
    return `${transaction} 0000 ${length} ${unit} ${pdu}`
  }
  const unit = () => meterOf(key).unitId.toString(16).padStart(2, '0')
  const registers = '03 00 14 00 01'
  const answer = (transaction: string, unitId: string) => {
    const volts = Math.round(Number(values(key)['voltageL1']) * 10)
    return `${transaction}00000005${unitId}0302${volts.toString(16).padStart(4, '0')}`
  }

  test('requests in a row in one packet, and one request in many packets', async () => {
    const client = await connectTo(key)
    client.send(['0001', '0002', '0003'].map((id) => ask(id, unit(), registers)).join(' '))
    expect(await client.receive(33)).toBe(['0001', '0002', '0003'].map((id) => answer(id, unit())).join(''))
    for (const byte of ask('0004', unit(), registers).replaceAll(' ', '').match(/../g)!) {
      client.send(byte)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(await client.receive(11)).toBe(answer('0004', unit()))
  })

  test('many clients at once', async () => {
    const several = await Promise.all(Array.from({ length: 20 }, () => connectTo(key)))
    several.forEach((client, i) => client.send(ask(`00${(i + 16).toString(16)}`, unit(), registers)))
    const answers = await Promise.all(several.map((client) => client.receive(11)))
    expect(answers).toEqual(several.map((_, i) => answer(`00${(i + 16).toString(16)}`, unit())))
  })

  test.each([
    ['a function that it does not know', '2b 0e 01 00', 'ab01'],
    ['writing', '06 00 14 00 01', '8601'],
    ['coils of a meter that has none', '01 00 00 00 01', '8101'],
    ['a register that it does not have', '03 00 17 00 01', '8302'],
    ['a block that reaches beyond', '03 00 14 00 04', '8302'],
    ['126 registers', '03 00 14 00 7e', '8303'],
    ['no register', '03 00 14 00 00', '8303'],
  ])('refuses %s', async (_, pdu, expected) => {
    const client = await connectTo(key)
    client.send(ask('0101', unit(), pdu))
    expect(await client.receive(9)).toBe(`010100000003${unit()}${expected}`)
  })

  test('a gateway answers 0x0B for a unit that is not there', async () => {
    const client = await connectTo(key)
    client.send(ask('0102', 'f7', registers))
    expect(await client.receive(9)).toBe('010200000003f7830b')
  })

  test('a stream that is not Modbus TCP is cut, others go on', async () => {
    const [bad, good] = [await connectTo(key), await connectTo(key)]
    bad.send('47 45 54 20 2f 20 48 54 54 50')
    expect(await bad.receive(1)).toBe('closed')
    good.send(ask('0103', unit(), registers))
    expect(await good.receive(11)).toBe(answer('0103', unit()))
  })

  test('an SDM630 answers 0 where it keeps other things, and refuses beyond', async () => {
    const client = await connectTo('b1-0101-e')
    const hole = (await client.read(1, 4, 0x12, 2)) as DataView
    expect(hole.getUint32(0)).toBe(0)
    expect(await client.read(1, 4, 0x60, 2)).toBe(2)
  })
})

describe('faults', () => {
  const key = 'b1-0102-e'
  const request = '0055 0000 0006 02 04 00 48 00 02'

  async function reply(count: number, waitMs = 150): Promise<string> {
    const client = await connectTo(key)
    client.send(request)
    return client.receive(count, waitMs)
  }

  test('silent, and well again', async () => {
    simulator.setFault(key, { kind: 'silent' })
    expect(await reply(1)).toBe('nothing')
    simulator.clearFault(key)
    expect(await reply(13)).toMatch(/^0055000000070204/)
  })

  test('only this meter', async () => {
    simulator.setFault(key, { kind: 'silent' })
    const client = await connectTo('b1-0101-e')
    expect(await client.read(1, 4, 0x48, 2)).toBeInstanceOf(DataView)
  })

  test('slow', async () => {
    simulator.setFault(key, { kind: 'slow', ms: 200 })
    const client = await connectTo(key)
    client.send(request)
    expect(await client.receive(13, 120)).toBe('nothing')
    expect(await client.receive(13, 1000)).toMatch(/^00550000000702/)
  })

  test('exception', async () => {
    simulator.setFault(key, { kind: 'exception', code: 4 })
    expect(await reply(9)).toBe('005500000003028404')
  })

  test('wrong unit', async () => {
    simulator.setFault(key, { kind: 'wrongUnit' })
    expect(await reply(13)).toMatch(/^0055000000070304/)
  })

  test('garbage of both kinds', async () => {
    simulator.setFault(key, { kind: 'garbage', variant: 'length' })
    expect(await reply(13)).toMatch(/^00550000fff00204/)
    simulator.setFault(key, { kind: 'garbage', variant: 'bytes' })
    const good = `005500000007020404`
    const answers = await Promise.all([reply(13), reply(13), reply(13)])
    expect(answers.every((bytes) => bytes.startsWith('00550000000702'))).toBe(true)
    expect(answers.every((bytes) => bytes.startsWith(good))).toBe(false)
  })

  test('reset', async () => {
    simulator.setFault(key, { kind: 'reset' })
    expect(await reply(1)).toBe('closed')
  })

  test('rollover: a water meter goes through 99,999.999', async () => {
    const meter = 'b1-s06-w'
    const change = simulator.setFault(meter, { kind: 'rollover', remaining: '0.001' })
    expect(change).toMatchObject({ initialIndex: '99999.999000000' })
    expect(values(meter)['volume']).toBe('99999.999')
    nowMs += 3_600_000
    expect(Number(values(meter)['volume'])).toBeLessThan(10)
    expect(simulator.truth(meter, nowMs - 2 * 3_600_000).values['volume']).not.toMatch(/^99999/)
  })

  test('rollover needs digits', () => {
    expect(() => simulator.setFault('b1-0101-e', { kind: 'rollover', remaining: '1' })).toThrow(
      /how many digits/,
    )
  })

  test('replacement: the old index ends, a new one begins, the total does not notice', () => {
    const atMs = nowMs
    const before = simulator.truth('b2-0302-e')
    const change = simulator.setFault('b2-0302-e', { kind: 'replacement', initialIndex: '5.00' })
    expect(change).toMatchObject({
      oldSerial: before.serial,
      newSerial: `${before.serial}-2`,
      finalIndex: before.exact['energyImport'],
      initialIndex: '5.000000000',
      at: new Date(atMs).toISOString(),
    })
    expect(simulator.truth('b2-0302-e').values['energyImport']).toBe('5.00')
    expect(simulator.truth('b2-0302-e', atMs - 1).serial).toBe(before.serial)
    const [total0, index0] = [simulator.truth('b2-total-e'), simulator.truth('b2-0302-e')]
    nowMs += 86_400_000
    const grown = (later: string, earlier: string) => Number(later) - Number(earlier)
    const [total1, index1] = [simulator.truth('b2-total-e'), simulator.truth('b2-0302-e')]
    const used = grown(index1.exact['energyImport']!, index0.exact['energyImport']!)
    expect(used).toBeGreaterThan(0)
    expect(grown(total1.exact['energyImport']!, total0.exact['energyImport']!)).toBeGreaterThan(used)
  })
})
