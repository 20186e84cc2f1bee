/** Files of lists written apart from the hub: the same bytes, little memory, and an end whatever dies. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AppError } from '@courtyard/protocols/contract'
import { openTestDatabase } from '../../testing-database.ts'
import { readSheet } from '../sheet/read-sheet.ts'
import { Exporter } from './exporter.ts'
import type { ExportOrder, OrderColumn } from './order.ts'

const program = fileURLToPath(new URL('./export-process.ts', import.meta.url))
const onLinux = process.platform === 'linux'
const soon = { timeout: 20_000, interval: 20 }

let database: Awaited<ReturnType<typeof openTestDatabase>>
let exporter: Exporter
const logged: { rows?: number; peakRssMb?: number }[] = []
const log = pino({}, { write: (line: string) => void logged.push(JSON.parse(line) as object) })
const newExporter = () => new Exporter({ db: database.db, folder: join(database.folder, 'exports'), log })
beforeAll(async () => {
  database = await openTestDatabase()
  exporter = newExporter()
})
afterAll(async () => {
  await exporter.stop()
  await database.close()
})

const nobody = new AbortController().signal
const context = { language: 'zh', timeZone: 'Asia/Shanghai' } as const
const column = (head: string, more: Partial<OrderColumn> = {}): OrderColumn => ({
  ...{ head, kind: 'text', mask: null, titlesOf: null, rule: { form: 'plain', ...context } },
  ...more,
})
const order = (sql: string, columns: OrderColumn[], more: Partial<ExportOrder> = {}): ExportOrder => ({
  ...{ format: 'csv', name: '表', titles: new Map() },
  ...{ list: { text: sql, values: [] }, columns },
  ...more,
})

/** One of each kind of cell; the person sees sensitive values of every other row, and no title of an odd id. */
function colourful(format: 'csv' | 'xlsx', rows: number): ExportOrder {
  const id = `lpad(to_hex(i), 32, '0')::uuid`
  const sql = `SELECT i % 2 = 0, '=房' || i, i::numeric / 4, i % 3 = 0, 'b', ${id},
      timestamptz '2026-11-22 00:00Z' + i * interval '1 minute', '138' || lpad(i::text, 8, '0'), 'S' || i, NULL
    FROM generate_series($1::int, $2::int) i`
  const title = `SELECT t AS id, 'T ' || t::text AS title FROM unnest($1::uuid[]) t
    WHERE right(t::text, 1) = ANY($2::text[])`
  const labels = new Map([['b', 'B，"二"']])
  const columns = [
    column('名称'),
    column('数', { kind: 'number' }),
    column('是否', { rule: { form: 'yesNo', ...context } }),
    column('选项', { rule: { form: 'option', labels, ...context } }),
    column('所属', { titlesOf: 'owner' }),
    column('时间', { kind: 'instant', rule: { form: 'instant', ...context } }),
    column('电话', { mask: 'phone' }),
    column('证号', { mask: 'number' }),
    column('空'),
  ]
  const titles = new Map([['owner', { text: title, values: [[...'02468ace']] }]])
  return order(sql, columns, { format, titles, list: { text: sql, values: [1, rows] } })
}

/** Does not end by itself. */
const endless = () => order(`SELECT true, pg_sleep(600)::text`, [column('a')])

async function bytesOf(wanted: ExportOrder, isShort: boolean): Promise<Buffer> {
  const { stream, bytes } = await exporter.write(wanted, isShort, nobody)
  const file = await buffer(stream)
  expect(file.length).toBe(bytes)
  return file
}

/** Processes that this one has started to write a file. */
async function writers(): Promise<number[]> {
  const found: number[] = []
  for (const name of await readdir('/proc')) {
    const parent = await readFile(`/proc/${name}/status`, 'utf8').catch(() => '')
    if (!parent.includes(`\nPPid:\t${process.pid}\n`)) continue
    if ((await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')).includes(program))
      found.push(Number(name))
  }
  return found
}
const writing = async () => {
  const { rows } = await database.db.pool.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM pg_stat_activity
     WHERE application_name = 'courtyard-export' AND datname = current_database()`,
  )
  return rows[0]!.count
}
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    ({ code, details }: AppError) => [code, (details.reason as { code: string } | undefined)?.code],
  )

test('a file is the same wherever it is written; the process needs a fraction of the memory of the hub', async () => {
  const [here, apart] = [
    await bytesOf(colourful('csv', 3_000), true),
    await bytesOf(colourful('csv', 3_000), false),
  ]
  expect(apart.equals(here)).toBe(true)
  const lines = here.toString().split('\r\n')
  expect(lines.slice(0, 4)).toEqual([
    '\uFEFF名称,数,是否,选项,所属,时间,电话,证号,空',
    `'=房1,0.25000000000000000000,否,"B，""二""",•••,2026-11-22 08:01:00,138****0001,S1,`,
    `'=房2,0.50000000000000000000,否,"B，""二""",T 00000000-0000-0000-0000-000000000002,2026-11-22 08:02:00,13800000002,S2,`,
    `'=房3,0.75000000000000000000,是,"B，""二""",•••,2026-11-22 08:03:00,138****0003,S3,`,
  ])
  expect(lines).toHaveLength(3_002)
  const sheet: string[][] = []
  for await (const cells of readSheet(await bytesOf(colourful('xlsx', 8_000), false))) sheet.push(cells)
  expect(sheet).toHaveLength(8_001)
  expect(sheet[2]!.slice(2, 7)).toEqual([
    ...['否', 'B，"二"', 'T 00000000-0000-0000-0000-000000000002'],
    ...['2026-11-22 08:02:00', '13800000002'],
  ])
  const { rows, peakRssMb } = logged.at(-1)!
  expect(rows).toBe(8_000)
  if (onLinux) expect(peakRssMb).toBeLessThan(160)
})

test.runIf(onLinux)('a process that is killed leaves a reason and no file; the next one works', async () => {
  const failing = refusal(exporter.write(endless(), false, nobody))
  await expect.poll(writing, soon).toBe(1)
  const [pid] = await writers()
  const password = decodeURIComponent(new URL(database.db.url).password)
  const told = [`cmdline`, `environ`].map((name) => readFileSync(`/proc/${pid}/${name}`, 'utf8')).join('\0')
  expect(told).toContain(program)
  expect(told).not.toContain(password)
  process.kill(pid!, 'SIGKILL')
  expect(await failing).toEqual(['export.failed', 'export.killed'])
  expect(await readdir(join(database.folder, 'exports'))).toEqual([])
  expect((await bytesOf(colourful('csv', 3), false)).toString()).toContain('=房3')
  // The server does not go on for somebody who is gone
  await expect.poll(writing, soon).toBe(0)
})

test('what the database refuses is a fault with a reason', async () => {
  const wrong = order(`SELECT true, 1 / (2500 - i) FROM generate_series(1, 3000) i`, [column('a')])
  expect(await refusal(exporter.write(wrong, false, nobody))).toEqual(['export.failed', 'export.fault'])
  expect(logged.at(-1)).toMatchObject({ fault: 'division by zero', code: '22012' })
})

test('two at a time; whoever goes away makes room, waiting or not; a stop ends all', async () => {
  const own = newExporter()
  const gone = Array.from({ length: 4 }, () => new AbortController())
  const answers = gone.map(({ signal }) => refusal(own.write(endless(), false, signal)))
  await expect.poll(writing, soon).toBe(2)
  gone[3]!.abort()
  expect(await answers[3]).toEqual(['export.cancelled', undefined])
  gone[0]!.abort()
  expect(await answers[0]).toEqual(['export.cancelled', undefined])
  if (onLinux) await expect.poll(writers, soon).toHaveLength(2)
  await own.stop()
  expect(await Promise.all([answers[1], answers[2]])).toEqual([
    ['hub.stopping', undefined],
    ['hub.stopping', undefined],
  ])
  if (onLinux) expect(await writers()).toEqual([])
})

test('too many that wait are sent away at once', async () => {
  const own = newExporter()
  const answers = Array.from({ length: 23 }, () => refusal(own.write(endless(), false, nobody)))
  expect(await Promise.race(answers)).toEqual(['export.busy', 'export.busy'])
  await own.stop()
  expect((await Promise.all(answers)).filter(([code]) => code === 'hub.stopping')).toHaveLength(22)
})

test('a process whose hub is gone ends', async () => {
  const child = fork(program, {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'pipe', 'ipc'],
  })
  child.send({ databaseUrl: database.db.url, order: endless() })
  await expect.poll(writing, soon).toBe(1)
  child.disconnect()
  expect(await once(child, 'exit')).toEqual([1, null])
})
