import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningSimulator, startSimulator } from '../index.ts'

const nowMs = Date.parse('2026-03-04T11:23:45.678Z')
let simulator: RunningSimulator

beforeAll(async () => {
  simulator = await startSimulator({ portBase: 0, controlPort: 0 }, () => nowMs)
})
afterAll(() => simulator.stop())

async function call(method: string, path: string, body?: unknown) {
  const init =
    body === undefined ? { method } : { method, body: typeof body === 'string' ? body : JSON.stringify(body) }
  const response = await fetch(`${simulator.controlUrl}${path}`, init)
  return { status: response.status, json: (await response.json()) as any } // eslint-disable-line @typescript-eslint/no-explicit-any
}

describe('what there is', () => {
  test('GET /site: what the demo imports', async () => {
    const { json } = await call('GET', '/site')
    expect(json.project).toEqual({
      code: 'WTY',
      name: '梧桐苑',
      nameEn: 'Wutong Court',
      timeZone: 'Asia/Shanghai',
    })
    expect([
      json.buildings.length,
      json.rooms.length,
      json.households.length,
      json.shops.length,
      json.meters.length,
    ]).toEqual([3, 48, 42, 6, 125])
    expect(json.households[0]).toMatchObject({ code: '1-101', name: '1栋101户', building: '1', room: '101' })
  })

  test('GET /meters', async () => {
    const { json } = await call('GET', '/meters')
    expect(json[0]).toMatchObject({
      key: 'b1-0101-e',
      name: '1栋101 电表',
      profile: 'eastron-sdm630',
      role: 'household',
      building: '1',
      room: '101',
      parent: 'b1-total-e',
      endpoint: 'b1-electricity',
      port: simulator.endpoints[0]!.port,
      unitId: 1,
      fault: null,
    })
    expect(json[0].initialIndex).toMatch(/^\d+\.\d{9}$/)
  })

  test('GET /truth: now, and at any instant', async () => {
    const now = await call('GET', '/truth?meter=b1-0101-e')
    expect(now.json).toEqual(simulator.truth('b1-0101-e', nowMs))
    const then = await call('GET', '/truth?meter=b1-0101-e&at=2025-03-01T00:00:00%2B08:00')
    expect(then.json.at).toBe('2025-02-28T16:00:00.000Z')
    expect(Number(then.json.values.energyImport)).toBeLessThan(Number(now.json.values.energyImport))
    expect(then.json.values.energyImport).toMatch(/^\d+\.\d\d$/)
  })
})

describe('GET /history', () => {
  interface Line {
    point: string
    at: string
    value: string
  }
  async function history(query: string): Promise<Line[]> {
    const text = await (await fetch(`${simulator.controlUrl}/history?${query}`)).text()
    return text.trimEnd().split('\n').map((line) => JSON.parse(line) as Line) // prettier-ignore
  }

  test('every register and the power, in order of time, each line the truth', async () => {
    const lines = await history('from=2026-03-01T00:10:00Z&to=2026-03-01T02:00:00Z&stepMinutes=30')
    expect([...new Set(lines.map((line) => line.at))]).toEqual(
      ['00:30', '01:00', '01:30'].map((t) => `2026-03-01T${t}:00.000Z`),
    )
    const logged = simulator.site.meters.flatMap((meter) =>
      meter.profile.points
        .filter((point) => point.kind === 'register' || point.key === 'powerTotal')
        .map((point) => `${meter.key}/${point.key}`),
    )
    expect(lines.slice(0, logged.length).map((line) => line.point)).toEqual(logged)
    expect(lines).toHaveLength(3 * logged.length)
    for (const { point, at, value } of lines) {
      const [meter, key] = point.split('/') as [string, string]
      expect(value).toBe(simulator.truth(meter, Date.parse(at)).values[key])
    }
  })

  test('days begin at local midnight', async () => {
    const lines = await history('from=2026-03-01T00:00:00Z&to=2026-03-04T00:00:00Z&stepMinutes=1440')
    expect([...new Set(lines.map((line) => line.at))]).toEqual(
      [1, 2, 3].map((day) => `2026-03-0${day}T16:00:00.000Z`),
    )
  })

  test('700,000 lines come quickly', async () => {
    const started = performance.now()
    const response = await fetch(
      `${simulator.controlUrl}/history?from=2026-01-20T00:00:00Z&to=2026-03-04T00:00:00Z&stepMinutes=30`,
    )
    let lines = 0
    for await (const chunk of response.body!)
      for (const byte of chunk as Uint8Array) if (byte === 10) lines += 1
    expect(lines).toBeGreaterThan(690_000)
    expect(performance.now() - started).toBeLessThan(15_000)
  })

  test('a reader that leaves early does no harm', async () => {
    const leave = new AbortController()
    const url = `${simulator.controlUrl}/history?from=2026-01-20T00:00:00Z&to=2026-03-04T00:00:00Z`
    const response = await fetch(url, { signal: leave.signal })
    await response.body!.getReader().read()
    leave.abort()
    expect((await call('GET', '/stats')).status).toBe(200)
  })
})

describe('faults', () => {
  test('on, seen, off', async () => {
    const on = await call('PUT', '/meters/b1-0101-e/fault', { kind: 'slow', ms: 50 })
    expect(on).toEqual({ status: 200, json: { meter: 'b1-0101-e', fault: { kind: 'slow', ms: 50 } } })
    expect((await call('GET', '/meters')).json[0].fault).toEqual({ kind: 'slow', ms: 50 })
    expect((await call('DELETE', '/meters/b1-0101-e/fault')).json).toEqual({
      meter: 'b1-0101-e',
      fault: null,
    })
    expect((await call('GET', '/meters')).json[0].fault).toBeNull()
  })

  test('a replacement tells both indexes and both serial numbers', async () => {
    const before = simulator.truth('b2-0102-w', nowMs)
    const { json } = await call('PUT', '/meters/b2-0102-w/fault', {
      kind: 'replacement',
      initialIndex: '0.5',
      serial: 'W-1',
    })
    expect(json).toMatchObject({
      oldSerial: before.serial,
      newSerial: 'W-1',
      finalIndex: before.exact['volume'],
      initialIndex: '0.500000000',
    })
    const meters = (await call('GET', '/meters')).json as { key: string; serial: string }[]
    expect(meters.find(({ key }) => key === 'b2-0102-w')?.serial).toBe('W-1')
  })
})

describe('refuses, and says what and why', () => {
  test.each<[string, string, unknown, number, string, string]>([
    ['GET', '/nowhere', undefined, 404, 'simulator.not_found', ''],
    ['GET', '/truth?meter=nobody', undefined, 404, 'simulator.not_found', ''],
    ['GET', '/truth', undefined, 400, 'simulator.bad_request', 'meter'],
    ['GET', '/truth?meter=b1-0101-e&at=yesterday', undefined, 400, 'simulator.bad_request', 'at'],
    ['GET', '/truth?meter=b1-0101-e&at=2020-01-01T00:00:00Z', undefined, 400, 'simulator.bad_request', 'at'],
    [
      'GET',
      '/history?from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z',
      undefined,
      400,
      'simulator.bad_request',
      'to',
    ],
    [
      'GET',
      '/history?from=2020-03-02T00:00:00Z&to=2026-03-01T00:00:00Z',
      undefined,
      400,
      'simulator.bad_request',
      'at',
    ],
    ['PUT', '/meters/b1-0101-e/fault', { kind: 'tired' }, 400, 'simulator.bad_request', ''],
    ['PUT', '/meters/b1-0101-e/fault', '{', 400, 'simulator.bad_request', ''],
    ['PUT', '/meters/b1-0101-e/fault', { kind: 'rollover' }, 409, 'simulator.fault_impossible', ''],
    ['PUT', '/meters/nobody/fault', { kind: 'silent' }, 404, 'simulator.not_found', ''],
    ['DELETE', '/meters/nobody/fault', undefined, 404, 'simulator.not_found', ''],
    ['PUT', '/meters/%E0%A4%A/fault', { kind: 'silent' }, 400, 'simulator.bad_request', ''],
  ])('%s %s %j', async (method, path, body, status, code, field) => {
    const answer = await call(method, path, body)
    expect(answer).toMatchObject({ status, json: { code } })
    if (field) expect(answer.json.issues[0].path).toBe(field)
  })
})
