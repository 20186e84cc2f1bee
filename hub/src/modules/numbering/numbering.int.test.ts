/** Numbers on a real database: many at once, rolled back, with patterns changed to and fro. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { manualClock } from '../../platform/clock.ts'
import { takeNumber, takeNumbersAtOnce } from '../../platform/numbering/index.ts'
import { startTestHub, type TestClient, type TestHub } from '../../platform/testing.ts'

const clock = manualClock('2026-12-30T04:00:00Z')
let hub: TestHub
let clerk: TestClient
let projectId: string
let projects = 0

beforeAll(async () => {
  hub = await startTestHub({ clock })
  clerk = await hub.as('administrator')
})
afterAll(() => hub.stop())
beforeEach(async () => {
  const body = { code: `N${++projects}`, name: '编号', timeZone: 'Asia/Shanghai' }
  projectId = (await clerk.call('POST /api/projects', { body })).id
})

const bill = (at = clock.now()) => ({ kind: 'bill', projectId, at })
const taken = <T>(work: (client: pg.PoolClient) => Promise<T>) => hub.hub.db.transaction(work)
const ruleOf = async (kind: string, who = clerk) => {
  const { rules } = await who.call('GET /api/number-rules', { query: { projectId } })
  return rules.find((rule) => rule.kind === kind)!
}
async function change(kind: string, pattern: string, reset: 'never' | 'yearly' | 'monthly', who = clerk) {
  const { version } = await ruleOf(kind)
  return who.call('PUT /api/projects/:id/number-rules/:kind', {
    params: { id: projectId, kind },
    body: { version, pattern, reset },
  })
}
async function lostItem(number?: string): Promise<string> {
  const answer = await hub.app.inject({
    method: 'POST',
    url: '/api/lost-items',
    headers: clerk.headers,
    payload: { projectId, number, title: '伞', foundAt: '2026-12-30T00:00:00Z', placeText: '大厅' },
  })
  if (answer.statusCode >= 300) throw new Error(answer.body)
  return answer.json<{ number: string }>().number
}

describe('gap-free numbers', () => {
  it('are given back by a rollback; who waited for it gets that very number', async () => {
    let second: Promise<string> | undefined
    let waited = true
    const first = taken(async (client) => {
      const number = await takeNumber(client, bill())
      second = taken((other) => takeNumber(other, bill()))
      void second.then(() => (waited = false))
      await sleep(150)
      expect([number, waited]).toEqual([`N${projects}-2026-000001`, true])
      throw new Error('something fails after the number was taken')
    })
    await expect(first).rejects.toThrow('something fails')
    expect(await second).toBe(`N${projects}-2026-000001`)
    expect(await taken((client) => takeNumber(client, bill()))).toBe(`N${projects}-2026-000002`)
  })

  it('are consecutive when many take them at once and some fail', async () => {
    const attempts = Array.from({ length: 40 }, (_, at) =>
      taken(async (client) => {
        const number = await takeNumber(client, bill())
        if (at % 4 === 0) throw new Error('fails')
        return number
      }),
    )
    const numbers = (await Promise.allSettled(attempts)).flatMap((one) =>
      one.status === 'fulfilled' ? [one.value] : [],
    )
    const expected = Array.from(
      { length: 30 },
      (_, at) => `N${projects}-2026-${String(at + 1).padStart(6, '0')}`,
    )
    expect(numbers.sort()).toEqual(expected)
    expect((await ruleOf('bill')).next).toBe(`N${projects}-2026-000031`)
  })

  it('start anew in the year that has begun where the project lies', async () => {
    const at = (instant: string) => taken((client) => takeNumber(client, bill(new Date(instant))))
    expect(await at('2026-12-31T15:59:59Z')).toBe(`N${projects}-2026-000001`)
    expect(await at('2026-12-31T16:00:00Z')).toBe(`N${projects}-2027-000001`)
  })

  it('wait for nobody else: projects and kinds are counted apart', async () => {
    await taken(async (client) => {
      await takeNumber(client, bill())
      const permit = await taken((other) => takeNumber(other, { ...bill(), kind: 'fitOutPermit' }))
      expect(permit).toBe('ZX-2026-0001')
    })
  })
})

describe('numbers that may have gaps', () => {
  it('are taken at once: nobody waits, a rollback leaves a gap', async () => {
    const wanted = { ...bill(), kind: 'lostItem' }
    const failing = taken(async () => {
      expect(await takeNumbersAtOnce(hub.hub.db.url, wanted, 2)).toEqual(['L-000001', 'L-000002'])
      expect(await lostItem()).toBe('L-000003')
      throw new Error('fails')
    })
    await expect(failing).rejects.toThrow('fails')
    expect(await lostItem()).toBe('L-000004')
  })

  it('pass over those that people have typed', async () => {
    expect(await lostItem('L-000001')).toBe('L-000001')
    expect(await lostItem('L-000002')).toBe('L-000002')
    expect((await ruleOf('lostItem')).next).toBe('L-000003')
    expect(await lostItem()).toBe('L-000003')
    await expect(lostItem('L-000003')).rejects.toThrow('record.taken')
  })
})

describe('a change of the pattern', () => {
  it('gives no number twice, whatever is changed to and fro', async () => {
    const numbers: string[] = []
    const steps = [
      ['L-{seq:6}', 'never'],
      ['L-{yyyy}-{seq:3}', 'never'],
      ['L-{yyyy}-{seq:3}', 'yearly'],
      ['L-{yyyy}-{seq:3}', 'yearly'],
      ['L-{yyyy}-{seq:4}', 'yearly'],
      ['L-{yyyy}-{seq:3}', 'never'],
      ['L-{yyyy}{MM}{seq:1}', 'monthly'],
      ['L-{yyyy}{seq:3}', 'yearly'],
      ['L-{yyyy}-{seq:3}', 'yearly'],
    ] as const
    for (const [pattern, reset] of steps) {
      const { next } = await change('lostItem', pattern, reset)
      numbers.push(await lostItem(), await lostItem())
      expect(numbers.at(-2)).toBe(next)
    }
    expect(new Set(numbers).size).toBe(numbers.length)
    // Those of the counter that never starts anew were passed over by the yearly one
    expect(numbers.slice(2, 8)).toEqual([
      ...['L-2026-003', 'L-2026-004'],
      ...['L-2026-001', 'L-2026-002'],
      ...['L-2026-005', 'L-2026-006'],
    ])
  })

  it('waits for who is taking a number, and the next one follows the new pattern', async () => {
    let changed: Promise<unknown> | undefined
    const first = await taken(async (client) => {
      const number = await takeNumber(client, bill())
      changed = change('bill', 'B{yyyy}-{seq:4}', 'yearly')
      await sleep(100)
      return number
    })
    await changed
    expect(first).toBe(`N${projects}-2026-000001`)
    expect(await taken((client) => takeNumber(client, bill()))).toBe('B2026-0002')
    expect((await ruleOf('bill')).changedBy).toBe('administrator')
    const { rows } = await hub.hub.db.pool.query(
      `select before, after from audit_entry where action = 'numbering.change' and project_id = $1`,
      [projectId],
    )
    expect(rows).toEqual([
      {
        before: { pattern: '{project}-{yyyy}-{seq:6}', reset: 'yearly' },
        after: { pattern: 'B{yyyy}-{seq:4}', reset: 'yearly' },
      },
    ])
  })

  it('is refused when it is wrong, outdated, or not theirs to make', async () => {
    const reason = 'must say the year when numbers start anew: {yyyy}'
    await expect(change('bill', 'B-{seq:4}', 'yearly')).rejects.toMatchObject({
      code: 'input.invalid',
      details: { issues: [{ reason }] },
    })
    await expect(change('nothing', 'B-{seq:4}', 'never')).rejects.toThrow()
    const put = (who: TestClient, version: number, id = projectId) =>
      who.call('PUT /api/projects/:id/number-rules/:kind', {
        params: { id, kind: 'bill' },
        body: { version, pattern: 'B-{seq:4}', reset: 'never' },
      })
    const both = await Promise.allSettled([put(clerk, 0), put(clerk, 0)])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    await expect(put(clerk, 0)).rejects.toMatchObject({ code: 'numbering.changed' })
    await expect(put(await hub.as('billingClerk'), 1)).rejects.toMatchObject({ code: 'auth.forbidden' })
    await expect(put(await hub.as('manager', [randomUUID()]), 1)).rejects.toMatchObject({
      code: 'project.not_found',
    })
  })
})
