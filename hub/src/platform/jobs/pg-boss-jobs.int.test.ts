import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import * as z from 'zod'
import { openTestDatabase } from '../testing-database.ts'
import { PgBossJobs } from './pg-boss-jobs.ts'

let database: Awaited<ReturnType<typeof openTestDatabase>>
const running: PgBossJobs[] = []
beforeAll(async () => {
  database = await openTestDatabase()
})
afterEach(async () => {
  for (const jobs of running.splice(0)) await jobs.stop()
})
afterAll(() => database.close())

async function startJobs(takesJobs = true): Promise<PgBossJobs> {
  const jobs = new PgBossJobs(database.db.url, pino({ level: 'silent' }), takesJobs)
  await jobs.start()
  running.push(jobs)
  return jobs
}

const Data = z.object({ n: z.number() })
const queueName = () => `q-${randomUUID()}`
async function until(done: () => boolean): Promise<void> {
  for (let waited = 0; !done(); waited += 10) {
    if (waited > 20_000) throw new Error('waited too long')
    await sleep(10)
  }
}

test('a job is done at once, by a process that takes jobs, whichever sent it', async () => {
  const api = await startJobs(false)
  const worker = await startJobs()
  const name = queueName()
  const done: number[] = []
  const work = async ({ n }: { n: number }) => void done.push(n)
  await api.work(name, Data, async () => void done.push(-1))
  await worker.work(name, Data, work)
  const started = performance.now()
  await api.send(name, { n: 7 })
  await until(() => done.length > 0)
  expect(done).toEqual([7])
  expect(performance.now() - started).toBeLessThan(3_000)
})

test('of one key, one waits and one runs: nothing is done twice and no call comes too late', async () => {
  const jobs = await startJobs()
  const name = queueName()
  const gate = Promise.withResolvers<void>()
  const done: number[] = []
  let atOnce = 0
  let most = 0
  await jobs.work(
    name,
    Data,
    async ({ n }) => {
      most = Math.max(most, ++atOnce)
      if (n === 1) await gate.promise
      done.push(n)
      atOnce--
    },
    { concurrency: 3 },
  )
  const send = (n: number) => jobs.send(name, { n }, { singletonKey: 'run' })
  expect(await send(1)).not.toBeNull()
  await until(() => atOnce === 1)
  expect(await send(2)).not.toBeNull()
  expect(await send(3)).toBeNull()
  await sleep(300)
  gate.resolve()
  await until(() => done.length === 2)
  expect([done, most]).toEqual([[1, 2], 1])
  expect(await send(4)).not.toBeNull()
})

test('a job that is sent in a transaction exists only if that commits', async () => {
  const jobs = await startJobs()
  const name = queueName()
  const done: number[] = []
  await jobs.work(name, Data, async ({ n }) => void done.push(n))
  const failing = database.db.transaction(async (client) => {
    await jobs.send(name, { n: 1 }, { client })
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  await database.db.transaction((client) => jobs.send(name, { n: 2 }, { client }))
  await until(() => done.length > 0)
  expect(done).toEqual([2])
})

test('a job that fails is tried again', async () => {
  const jobs = await startJobs()
  const name = queueName()
  let tries = 0
  await jobs.work(name, Data, async () => {
    if (++tries === 1) throw new Error('first time')
  })
  await jobs.send(name, { n: 1 })
  await until(() => tries === 2)
})

test('data that do not fit are refused with the field', async () => {
  const jobs = await startJobs()
  const name = queueName()
  await jobs.work(name, Data, async () => undefined)
  await jobs.send(name, { n: 'one' })
  let output = ''
  for (let waited = 0; !output && waited < 10_000; waited += 50) {
    await sleep(50)
    const { rows } = await database.db.pool.query<{ output: string }>(
      'SELECT output::text FROM pgboss.job WHERE name = $1',
      [name],
    )
    output = rows[0]?.output ?? ''
  }
  expect(output).toContain('not valid')
})

test('stops within its time though a job hangs, and the job is not lost', async () => {
  const jobs = await startJobs()
  const name = queueName()
  let begun = false
  await jobs.work(name, Data, async (_data, { signal }) => {
    begun = true
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    throw new Error('aborted')
  })
  await jobs.send(name, { n: 1 })
  await until(() => begun)
  const started = performance.now()
  await jobs.stop()
  expect(performance.now() - started).toBeLessThan(4_500)
  const { rows } = await database.db.pool.query<{ state: string }>(
    'SELECT state FROM pgboss.job WHERE name = $1',
    [name],
  )
  expect(['retry', 'active']).toContain(rows[0]!.state)
})
