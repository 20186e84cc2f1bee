import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestHub, type TestClient, type TestHub } from '../../platform/testing.ts'
import { createProject } from '../telemetry/testing.ts'

let hub: TestHub
let admin: TestClient
let projectId: string
let otherId: string

const head = 'building,buildingName,room,kind,floor,areaM2,accountNumber,householdName,householdKind'
const roomsOf = (mark: string) =>
  [
    head,
    `A,${mark}东楼,101,flat,1,80,${mark}-101,赵一,residential`,
    `B,${mark}西楼,101,flat,1,90,${mark}-201,钱二,residential`,
  ].join('\n')

beforeAll(async () => {
  hub = await startTestHub()
  admin = await hub.as('administrator')
  projectId = await createProject(hub, 'UTC')
  otherId = await createProject(hub, 'UTC')
  for (const [id, mark] of [
    [projectId, 'here'],
    [otherId, 'there'],
  ] as const)
    await admin.call('POST /api/projects/:id/rooms/import', { params: { id }, body: roomsOf(mark) })
  const meters = [
    'code,name,medium,role,building,room,serial,installedAt',
    'E-101,东楼电表,electricity,household,A,101,S-1,2026-01-01',
    'E-201,西楼电表,electricity,household,B,101,S-2,2026-01-01',
  ].join('\n')
  await admin.call('POST /api/projects/:id/meters/import', { params: { id: projectId }, body: meters })
})
afterAll(() => hub?.stop())

async function found(client: TestClient, q: string, id = projectId): Promise<string[]> {
  const { groups } = await client.call('GET /api/search', { query: { projectId: id, q } })
  return groups.flatMap(({ kind, hits }) => hits.map(({ title }) => `${kind} ${title}`)).sort()
}

it('finds things of several kinds by any of their words, a few of each', async () => {
  expect(await found(admin, 'here-101')).toContain('household 赵一')
  expect(await found(admin, '东楼电表')).toContain('meteringPoint 东楼电表')
  const rooms = (await found(admin, '101')).filter((hit) => hit.startsWith('room '))
  expect(rooms).toHaveLength(2)
  expect(await found(admin, 'no such thing')).toEqual([])
})

it('shows the page of each hit', async () => {
  const { groups } = await admin.call('GET /api/search', { query: { projectId, q: 'E-101' } })
  const [hit] = groups.find(({ kind }) => kind === 'meteringPoint')!.hits
  expect(hit).toMatchObject({ title: '东楼电表', href: `/meters/${hit!.id}` })
})

it('finds nothing outside of project, building and permission', async () => {
  expect(await found(admin, 'there-101')).toEqual([])
  const [east] = await admin.call('GET /api/projects/:id/buildings', { params: { id: projectId } })
  const narrow = await hub.as('engineer', [], { buildingIds: [east!.id] })
  expect(await found(narrow, '东楼电表')).toEqual(['meteringPoint 东楼电表'])
  expect(await found(narrow, '西楼电表')).toEqual([])
  await expect(found(narrow, '101', otherId)).rejects.toMatchObject({ code: 'project.not_found' })
})
