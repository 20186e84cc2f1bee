import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { manualClock } from '../../platform/clock.ts'
import { notify } from '../../platform/notify/index.ts'
import { fromSomewhere, startTestHub, type TestClient, type TestHub } from '../../platform/testing.ts'
import { accountsModule } from '../accounts/index.ts'
import { chargingModule } from '../charging/index.ts'
import { estateModule } from '../estate/index.ts'
import { meteringModule } from '../metering/index.ts'
import { partiesModule } from '../parties/index.ts'
import { issuedBill, moveIn, newMeter, newParty, smallEstate, type SmallEstate } from '../parties/testing.ts'
import { portalModule } from './index.ts'
import { codeSentTo, portalClient } from './testing.ts'

const clock = manualClock('2026-03-10T08:00:00Z')
let hub: TestHub
let administrator: TestClient
let estate: SmallEstate
beforeAll(async () => {
  hub = await startTestHub({
    modules: [accountsModule, estateModule, meteringModule, chargingModule, partiesModule, portalModule],
    clock,
    environment: { TRUST_PROXY: '1' },
  })
  administrator = await hub.as('administrator')
  estate = await smallEstate(hub)
})
afterAll(() => hub.stop())

const LONG_AGO = '2025-01-01T00:00:00+08:00'
let phones = 13_900_000_000
const newPhone = () => String(++phones)
const room = (code: string) => estate.rooms.get(code)!

async function begin(roomId: string, partyId: string, role: 'owner' | 'tenant' | 'contact', from = LONG_AGO) {
  const body = { partyId, role, from: new Date(from).toISOString() }
  return (await administrator.call('POST /api/rooms/:id/roles', { params: { id: roomId }, body })).id
}
async function newOwner(code: string, name = '张伟') {
  const fresh = await smallEstate(hub)
  const roomId = fresh.rooms.get(code)!
  const phone = newPhone()
  const partyId = await newParty(hub, fresh.projectId, name, phone)
  const roleId = await begin(roomId, partyId, 'owner')
  return { estate: fresh, roomId, phone, partyId, roleId }
}
const endRole = (id: string) =>
  administrator.call('POST /api/party-roles/:id/end', { params: { id }, body: {} })
const askCode = (phone: string, headers = fromSomewhere()) =>
  hub.anonymous.raw('POST /api/portal/codes', { body: { phone }, headers })
const signIn = (phone: string, code: string) =>
  hub.anonymous.raw('POST /api/portal/sign-in', { body: { phone, code }, headers: fromSomewhere() })
const BAD_CODE = { status: 401, body: { error: { code: 'portal.bad_code' } } }

describe('codes', () => {
  test('known or not, a phone gets the same answer; a code goes to the known one only', async () => {
    const { phone } = await newOwner('0101')
    const contact = newPhone()
    await begin(room('0101'), await newParty(hub, estate.projectId, '王五', contact), 'contact')
    const stranger = newPhone()
    const answers = await Promise.all([phone, stranger, contact].map((one) => askCode(one)))
    expect(answers.map(({ status, body }) => [status, body])).toEqual(
      Array(3).fill([200, { validSeconds: 300, againSeconds: 60 }]),
    )
    expect(await codeSentTo(hub, phone)).toMatch(/^\d{6}$/)
    expect(await codeSentTo(hub, stranger)).toBeNull()
    expect(await codeSentTo(hub, contact)).toBeNull()
    expect((await askCode(stranger)).status).toBe(429)
    expect((await askCode(phone)).body).toMatchObject({
      error: { code: 'portal.wait', details: { retryAfterSeconds: 60 } },
    })
  })

  test('is neither in the database nor in the audit trail in plain', async () => {
    const { phone } = await newOwner('0101')
    await askCode(phone)
    const code = (await codeSentTo(hub, phone))!
    const { rows } = await hub.hub.db.pool.query<{ text: string }>(
      `select code_hash as text from portal_code union all select variables::text from message
       union all select subject || coalesce(body, '') from message_delivery
       union all select coalesce(before::text, '') || coalesce(after::text, '') from audit_entry`,
    )
    expect(rows.filter(({ text }) => text.includes(code))).toEqual([])
  })

  test('opens once, for five minutes, and five wrong tries spoil it', async () => {
    const { phone } = await newOwner('0101')
    await askCode(phone)
    const code = (await codeSentTo(hub, phone))!
    const wrong = code === '000000' ? '000001' : '000000'
    for (let tries = 0; tries < 5; tries++) expect(await signIn(phone, wrong)).toMatchObject(BAD_CODE)
    expect(await signIn(phone, code)).toMatchObject(BAD_CODE)
    clock.advance(61_000)
    await askCode(phone)
    const second = (await codeSentTo(hub, phone))!
    const both = await Promise.all([signIn(phone, second), signIn(phone, second)])
    expect(both.map(({ status }) => status).sort()).toEqual([200, 401])
    clock.advance(61_000)
    await askCode(phone)
    const third = (await codeSentTo(hub, phone))!
    clock.advance(300_000)
    expect(await signIn(phone, third)).toMatchObject(BAD_CODE)
  })

  test('ten at once send one; an address gets thirty an hour for whatever phones', async () => {
    const { phone } = await newOwner('0101')
    const all = await Promise.all(Array.from({ length: 6 }, () => askCode(phone)))
    expect(all.filter(({ status }) => status === 200)).toHaveLength(1)
    const headers = { 'x-forwarded-for': '10.9.9.9' }
    const { pool } = hub.hub.db
    await pool.query(
      `insert into portal_code (phone, code_hash, ip, created_at, expires_at)
       select 'x' || n, '-', '10.9.9.9', $1, $1 from generate_series(1, 30) n`,
      [clock.now()],
    )
    expect((await askCode(newPhone(), headers)).status).toBe(429)
    expect((await askCode(newPhone())).status).toBe(200)
    clock.advance(3_600_001)
    expect((await askCode(newPhone(), headers)).status).toBe(200)
  })
})

describe('sessions', () => {
  test('a staff session opens no portal, and a portal session no console', async () => {
    const { phone, roleId } = await newOwner('0101')
    const owner = await portalClient(hub, phone)
    expect((await administrator.raw('GET /api/portal/session')).status).toBe(401)
    const place = { params: { id: roleId } }
    expect((await administrator.raw('GET /api/portal/places/:id/bills', place)).status).toBe(401)
    expect((await owner.raw('GET /api/projects')).status).toBe(401)
    expect((await owner.raw('GET /api/auth/session')).status).toBe(401)
    expect((await owner.raw('GET /api/portal/session')).status).toBe(200)
    const both = { headers: { ...administrator.headers, ...owner.headers } }
    both.headers.cookie = `${administrator.headers.cookie}; ${owner.headers.cookie}`
    const answer = await hub.anonymous.raw('GET /api/portal/session', both)
    expect(answer.body).toMatchObject({ name: '张伟' })
  })

  test('writes need the token', async () => {
    const { phone } = await newOwner('0101')
    const owner = await portalClient(hub, phone)
    const headers = { 'x-csrf-token': 'x' }
    expect((await owner.raw('POST /api/portal/sign-out', { headers })).status).toBe(403)
    expect((await owner.raw('POST /api/portal/sign-out', {})).status).toBe(200)
    expect((await owner.raw('GET /api/portal/session')).status).toBe(401)
  })

  test('end with the role, with the phone on file, and everywhere at once', async () => {
    const { phone, roleId, partyId } = await newOwner('0101')
    const [first, second] = [
      await portalClient(hub, phone),
      (clock.advance(61_000), await portalClient(hub, phone)),
    ]
    await first.call('POST /api/portal/sign-out-everywhere')
    expect((await second.raw('GET /api/portal/session')).status).toBe(401)
    clock.advance(61_000)
    const third = await portalClient(hub, phone)
    const { pool } = hub.hub.db
    await pool.query('update party set phone = $2 where id = $1', [partyId, newPhone()])
    expect((await third.raw('GET /api/portal/session')).status).toBe(401)
    await pool.query('update party set phone = $2 where id = $1', [partyId, phone])
    clock.advance(61_000)
    const fourth = await portalClient(hub, phone)
    await endRole(roleId)
    expect((await fourth.raw('GET /api/portal/session')).status).toBe(401)
    const { rows } = await pool.query('select 1 from portal_session where phone = $1', [phone])
    expect(rows).toEqual([])
  })

  test('several rooms; the id of a room of somebody else opens nothing', async () => {
    const { phone, estate: place, roleId } = await newOwner('0101')
    const secondParty = await newParty(hub, estate.projectId, '张伟（二期）', `+86 ${phone}`)
    const secondRole = await begin(room('0202'), secondParty, 'tenant')
    const owner = await portalClient(hub, phone)
    expect(owner.session.places.map(({ id, role, project }) => [id, role, project.id])).toEqual([
      [roleId, 'owner', place.projectId],
      [secondRole, 'tenant', estate.projectId],
    ])
    const stranger = await newOwner('0102')
    for (const id of [stranger.roleId, randomUUID()]) {
      const params = { id }
      expect((await owner.raw('GET /api/portal/places/:id/home', { params })).status).toBe(404)
      expect((await owner.raw('GET /api/portal/places/:id/bills', { params })).status).toBe(404)
      const query = { medium: 'water', period: '2026-03' } as const
      expect((await owner.raw('GET /api/portal/places/:id/usage', { params, query })).status).toBe(404)
    }
  })
})

describe('a room', () => {
  test('home, bills and use of who owns it', async () => {
    const { phone, roleId, estate: place, roomId } = await newOwner('0201')
    await moveInAt(roomId, 'P-201', '2025-02-01')
    const { rows } = await hub.hub.db.pool.query<{ id: string }>(
      `select household_id as id from household_room where room_id = $1`,
      [roomId],
    )
    await issuedBill(hub, place.projectId, rows[0]!.id, '88.80')
    const pointId = await newMeter(hub, place.projectId, roomId, 'E-201')
    await days(pointId, place.projectId, '2026-02-01', 28, '1.5')
    await days(pointId, place.projectId, '2026-01-30', 2, '2.25')
    const owner = await portalClient(hub, phone)
    const params = { id: roleId }
    const home = await owner.call('GET /api/portal/places/:id/home', { params })
    expect(home).toMatchObject({
      bills: { count: 1, amount: '88.80', latest: { amount: '88.80', month: '2026-02' } },
      month: '2026-02',
      usage: [{ medium: 'electricity', lastMonth: '42', monthBefore: null, thisMonth: null }],
      announcements: [],
      unreadMessages: 0,
      office: null,
    })
    const query = { medium: 'electricity', period: '2026-02' } as const
    const usage = await owner.call('GET /api/portal/places/:id/usage', { params, query })
    expect(usage).toMatchObject({ total: '42.0', firstDay: '2025-01-01', previousTotal: null })
    expect(usage.bars).toHaveLength(28)
    expect(usage.bars[0]).toEqual({ at: '2026-02-01', usage: '1.5', state: 'measured' })
    expect(usage.previous.filter(Boolean)).toEqual([])
    const year = await owner.call('GET /api/portal/places/:id/usage', {
      params,
      query: { medium: 'electricity', period: '2026' },
    })
    expect(year.bars.slice(0, 3)).toEqual([
      { at: '2026-01', usage: '4.5', state: 'part' },
      { at: '2026-02', usage: '42', state: 'measured' },
      { at: '2026-03', usage: null, state: 'none' },
    ])
    // With the days that were missing the month before is a whole one
    await days(pointId, place.projectId, '2026-01-01', 29, '0.5')
    const whole = await owner.call('GET /api/portal/places/:id/home', { params })
    expect(whole.usage).toMatchObject([{ lastMonth: '42', monthBefore: '19' }])
  })

  test('announcements: for the project or the building, only while they are shown', async () => {
    const { phone, roleId, estate: place } = await newOwner('0101')
    const other = await smallEstate(hub)
    const say = (projectId: string, title: string, more: object = {}) =>
      administrator.raw('POST /api/announcements' as never, {
        body: {
          projectId,
          title,
          text: '…',
          audience: 'all',
          shownFrom: '2026-03-01T00:00:00.000Z',
          ...more,
        },
      })
    const answers = [
      await say(place.projectId, 'all'),
      await say(place.projectId, 'important', { important: true }),
      await say(place.projectId, 'building', { audience: 'building', buildingId: place.buildingId }),
      await say(place.projectId, 'over', { shownTo: '2026-03-02T00:00:00.000Z' }),
      await say(place.projectId, 'later', { shownFrom: '2027-03-02T00:00:00.000Z' }),
      await say(other.projectId, 'elsewhere'),
    ]
    expect(answers.map(({ status, body }) => (status < 300 ? 'ok' : body))).toEqual(Array(6).fill('ok'))
    expect((await say(place.projectId, 'nowhere', { audience: 'building' })).status).toBe(400)
    const owner = await portalClient(hub, phone)
    const shown = await owner.call('GET /api/portal/places/:id/announcements', { params: { id: roleId } })
    expect(shown.map(({ title }) => title).sort()).toEqual(['all', 'building', 'important'])
    expect(shown[0]!.title).toBe('important')
  })

  test('messages are those to the person; reading is kept', async () => {
    const { phone, partyId, estate: place } = await newOwner('0101')
    const stranger = await newOwner('0102')
    const template = 'portal.invited'
    const variables = { inviter: 'A', room: 'B', address: 'C' }
    await hub.hub.db.transaction(async (tx) => {
      const to = [{ kind: 'parties', ids: [partyId] }] as const
      await notify(hub.hub, tx, { template, to, variables, projectId: place.projectId })
    })
    const [owner, other] = [await portalClient(hub, phone), await portalClient(hub, stranger.phone)]
    const [message] = await owner.call('GET /api/portal/messages')
    expect(message).toMatchObject({ body: expect.stringContaining('A'), readAt: null })
    expect(await other.call('GET /api/portal/messages')).toEqual([])
    const params = { id: message!.id }
    expect((await other.raw('POST /api/portal/messages/:id/read', { params })).status).toBe(404)
    await owner.call('POST /api/portal/messages/:id/read', { params })
    expect((await owner.call('GET /api/portal/messages'))[0]!.readAt).not.toBeNull()
  })
})

describe('family', () => {
  test('sees what it was given, until it is ended', async () => {
    const { phone, roleId } = await newOwner('0101')
    const owner = await portalClient(hub, phone)
    const child = newPhone()
    const invitation = { phone: child, name: '女儿', sees: { bills: false, energy: true } }
    const invite = (body: typeof invitation) =>
      owner.raw('POST /api/portal/places/:id/family', { params: { id: roleId }, body })
    const answers = await Promise.all([invite(invitation), invite(invitation)])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409])
    expect((await invite({ ...invitation, sees: { bills: false, energy: false } })).status).toBe(400)
    const [member] = await owner.call('GET /api/portal/places/:id/family', { params: { id: roleId } })
    expect(member).toMatchObject({ name: '女儿', phone: `${child.slice(0, 3)}****${child.slice(-4)}` })

    const family = await portalClient(hub, child)
    const params = { id: family.session.places[0]!.id }
    expect(family.session).toMatchObject({ name: '女儿', places: [{ role: 'invited', invitedBy: '张伟' }] })
    expect((await family.raw('GET /api/portal/places/:id/bills', { params })).status).toBe(403)
    expect((await family.call('GET /api/portal/places/:id/home', { params })).bills).toBeNull()
    const query = { medium: 'electricity', period: '2026' } as const
    expect((await family.raw('GET /api/portal/places/:id/usage', { params, query })).status).toBe(200)
    const body = { ...invitation, phone: newPhone() }
    expect((await family.raw('POST /api/portal/places/:id/family', { params, body })).status).toBe(403)
    expect((await family.raw('POST /api/portal/family/:id/end', { params })).status).toBe(404)

    await owner.call('POST /api/portal/family/:id/end', { params })
    expect((await owner.raw('POST /api/portal/family/:id/end', { params })).status).toBe(404)
    expect((await family.raw('GET /api/portal/session')).status).toBe(401)
  })

  test('ends by itself with the role of who invited', async () => {
    const { phone, roleId } = await newOwner('0101')
    const owner = await portalClient(hub, phone)
    const child = newPhone()
    await owner.call('POST /api/portal/places/:id/family', {
      params: { id: roleId },
      body: { phone: child, name: '儿子', sees: { bills: true, energy: true } },
    })
    const family = await portalClient(hub, child)
    await endRole(roleId)
    expect((await family.raw('GET /api/portal/session')).status).toBe(401)
    clock.advance(61_000)
    await askCode(child)
    expect(
      (await hub.hub.db.pool.query('select 1 from portal_code where phone = $1', [child])).rowCount,
    ).toBe(2)
  })
})

async function moveInAt(roomId: string, account: string, day: string): Promise<void> {
  await moveIn(administrator, roomId, account, account)
  await hub.hub.db.pool.query('update household_room set from_at = $2 where room_id = $1', [roomId, day])
}

async function days(pointId: string, projectId: string, from: string, count: number, usage: string) {
  await hub.hub.db.pool.query(
    `insert into usage_day (metering_point_id, project_id, day, slot_usage, slot_status, slot_index, estimated_bits,
       scale, index_scale, usage, status, known_slots)
     select $1, $2, $3::date + n, array_fill(1::bigint, array[48]), array_fill(0::smallint, array[48]),
       array_fill(1::bigint, array[49]), 0, 2, 2, $5, 0, 48 from generate_series(0, $4::int - 1) n`,
    [pointId, projectId, from, count, usage],
  )
}
