import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestHub, type TestClient, type TestHub } from '../../platform/testing.ts'
import { usageCaughtUp } from '../metering/index.ts'
import { createProject, readingsOf, startTestGateway, type TestGateway } from '../telemetry/testing.ts'

let hub: TestHub
let engineer: TestClient
let projectId: string
let gateway: TestGateway

const MINUTE = 60_000
/** Midnight of the project, which keeps UTC. */
const today = Math.floor(Date.now() / 86_400_000) * 86_400_000

beforeAll(async () => {
  hub = await startTestHub()
  engineer = await hub.as('engineer')
  projectId = await createProject(hub, 'UTC')
  gateway = await startTestGateway(hub, engineer, projectId)
  await gateway.sendCatalogue(
    ['site', 'flat', 'lift'].map((key) => ({ key, serial: `S-${key}`, points: [{ key: 'energyImport' }] })),
  )
  const rows = [
    'code,name,medium,role,parent,serial,installedAt',
    'site,Whole site,electricity,siteTotal,,S-site,2026-01-01',
    'flat,Flat 101,electricity,household,site,S-flat,2026-01-01',
    'lift,Lift 1,electricity,lift,site,S-lift,2026-01-01',
  ]
  const params = { id: projectId }
  await engineer.call('POST /api/projects/:id/meters/import', { params, body: rows.join('\n') })
})
afterAll(async () => {
  await gateway?.stop()
  await hub?.stop()
})

it('sums the top meter, ranks the roles and names what needs a person', async () => {
  const before = [-24 * 60, -12 * 60, -30].map((minutes) => today + minutes * MINUTE)
  const index = (at: number, perMinute: number) => Math.round(((at - before[0]!) / MINUTE) * perMinute)
  for (const [key, perMinute] of [
    ['site', 10],
    ['flat', 6],
    ['lift', 2],
  ] as const) {
    const instants = [...before, today, today + 1]
    await gateway.send(
      readingsOf(
        `${key}/energyImport`,
        instants.map((at) => [at, index(at, perMinute)]),
      ),
    )
  }
  await gateway.send(readingsOf('flat/energyImport', [[today + 2, 0]]))
  await gateway.send(readingsOf('unknown/energyImport', [[today + 2, 0]]))
  await usageCaughtUp(hub.hub)
  const overview = await engineer.call('GET /api/overview', { query: { projectId } })
  expect(overview.gateways).toEqual({ total: 1, online: 1 })
  expect(overview.devices.total).toBe(3)
  expect(overview.readingsToday).toBe(17)
  expect(overview.lastReadingAt).not.toBeNull()
  expect(overview.energy).toHaveLength(1)
  expect(overview.energy[0]).toMatchObject({ medium: 'electricity', unit: 'kWh', yesterday: '144.00' })
  expect(overview.energy[0]!.yesterdayByHour).toEqual(new Array(24).fill('6.00'))
  expect(overview.byRole.map(({ role }) => role).sort()).toEqual(['household', 'lift'])
  expect(
    overview.attention.map(({ code, values }) => [code, values['name'] ?? values['count']]),
  ).toContainEqual(['usageHeld', 'Flat 101'])
  expect(overview.attention.some(({ code }) => code === 'quarantine')).toBe(true)
  const started = performance.now()
  await engineer.call('GET /api/overview', { query: { projectId } })
  expect(performance.now() - started).toBeLessThan(500)
})
