/**
 * Every registered route, asked by people of random scopes, shows no row outside of them and changes none. The estate
 * and the routes are read from the database and the hub: what is new is walked without a word here.
 * `SCOPE_SEED=123 npx vitest run test/scope` repeats a run.
 */
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CurrentUser } from '../../hub/src/platform/auth/user.ts'
import { fromSomewhere, startTestHub, type TestHub } from '../../hub/src/platform/testing.ts'
import { readSheet } from '../../hub/src/platform/resource/sheet/read-sheet.ts'
import { SEEDED_FILE, seedEstate, type Estate, type SeededRow } from './estate.ts'
import { maySee } from './oracle.ts'
import { mayOwnerSee, portalAddresses, seedOwners } from './owners.ts'
import { seedPeople, type Person } from './people.ts'
import { Random } from './random.ts'
import { bodyFor, queryFor, walkedRoutes, type WalkedRoute } from './walk.ts'

const seed = Number(process.env['SCOPE_SEED'] ?? Date.now() % 1_000_000)
const random = new Random(seed)
let hub: TestHub
let estate: Estate
let people: readonly Person[]
let routes: readonly WalkedRoute[]
/** By the beginning of the id, which markers carry. */
const rowsByMark = new Map<string, SeededRow>()

/** What went wrong in the hub meanwhile. */
const failures = new Set<string>()
const log = pino({ level: 'error' }, { write: (line: string) => void failures.add(failureIn(line)) })
/** Made-up rows hold values that no writer stores, and nothing that was sealed. */
const ofMadeUpRows = /^Response doesn't match the schema|was sealed with a key/

beforeAll(async () => {
  hub = await startTestHub({ environment: { TRUST_PROXY: '1' }, log })
  estate = await seedEstate(hub.hub.db.pool, random)
  await hub.hub.files.keep(SEEDED_FILE)
  for (const row of estate.rows) rowsByMark.set(row.id.slice(0, 8), row)
  people = await seedPeople(hub, estate, random)
  routes = walkedRoutes(hub.app, estate.tables)
  process.stdout.write(`scope walk: ${routes.length} routes, SCOPE_SEED=${seed}\n`)
})
afterAll(() => hub?.stop())

test('every route is walked: its parameters are ids of rows that the estate has', () => {
  const seeded = new Set(estate.rows.map(({ table }) => table))
  const unknown = routes
    .filter(
      ({ table }) => table === '' || (table !== null && !seeded.has(table) && !estate.placeless.has(table)),
    )
    .map(({ key }) => key)
  expect(unknown).toEqual([])
  expect(Object.fromEntries(estate.refused)).toEqual({})
})

test('nobody is shown a row that his permission does not open to him', { timeout: 120_000 }, async () => {
  const faults: string[] = []
  for (const person of people) {
    for (const route of routes.filter(({ method }) => method === 'GET')) {
      for (const asked of requestsOf(route, person)) {
        const headers = { ...person.headers, ...fromSomewhere() }
        const answer = await hub.app.inject({ url: asked.url, headers })
        const refused = answer.statusCode >= 400
        if (answer.statusCode === 429) faults.push(`${route.key}: too many requests, nothing learned`)
        if (answer.statusCode < 300) answered.add(route.key)
        if (asked.outside && !refused)
          faults.push(`${route.key}: ${answer.statusCode} for ${nameOf(asked.outside)}`)
        for (const row of rowsIn(answer.body)) {
          // An error names what was asked for
          if (answer.statusCode >= 400 && asked.url.includes(row.id)) continue
          if (maySee(person.user, route.permission, row)) continue
          faults.push(`${route.key} (${asked.url}) shows ${nameOf(row)}`)
        }
      }
    }
  }
  expect([...new Set(faults)].slice(0, 60)).toEqual([])
  expect([...failures].filter((failure) => !ofMadeUpRows.test(failure))).toEqual([])
  const silent = routes
    .filter(({ method, key }) => method === 'GET' && !answered.has(key))
    .map(({ key }) => key)
  process.stdout.write(`scope walk: ${answered.size} routes answered; never: ${silent.join(', ')}\n`)
  // A row that was made up may be too odd for a route; but most have to show something to be checked
  expect(silent.length).toBeLessThan(answered.size / 4)
})
const answered = new Set<string>()

function failureIn(line: string): string {
  const { err, msg } = JSON.parse(line) as { err?: { message: string; stack: string }; msg: string }
  return err ? `${err.message} ${/hub\/src\/\S+/.exec(err.stack)?.[0] ?? ''}` : msg
}

interface Asked {
  readonly url: string
  /** The row that the path names, when the person may not see it. */
  readonly outside: SeededRow | null
}

function requestsOf(route: WalkedRoute, { user }: Person): Asked[] {
  const named = route.table === null ? [null] : someRows(route, user)
  return named.flatMap((row) => {
    const takesProject = 'projectId' in (route.contract.query?.shape ?? {})
    const projects = takesProject ? estate.projectIds : [row?.projectId ?? estate.projectIds[0]!]
    return projects.map((projectId) => {
      const outside = row !== null && !maySee(user, route.permission, row) ? row : null
      const query = new URLSearchParams(queryFor(route, projectId)).toString()
      return { url: `${fill(route.path, row)}${query ? `?${query}` : ''}`, outside }
    })
  })
}

/** Two that the person may see and two that he may not, as far as there are such. */
function someRows(route: WalkedRoute, user: CurrentUser): SeededRow[] {
  const all = estate.rows.filter(({ table }) => table === route.table)
  const seen = Map.groupBy(all, (row) => maySee(user, route.permission, row))
  return [...(seen.get(true) ?? []).slice(0, 1), ...(seen.get(false) ?? []).slice(-2)]
}

const fill = (path: string, row: SeededRow | null): string =>
  path.replace(/:(\w+)/, row?.key ?? '1').replace(/:(\w+)/g, '1')

/** Rows of the estate of which an answer has the id or a text. */
function rowsIn(body: string): SeededRow[] {
  const marks = [...body.matchAll(/zq([0-9a-f]{8})|\b([0-9a-f]{8})-[0-9a-f]{4}-4[0-9a-f]{3}-8/g)]
  return [...new Set(marks.flatMap((match) => rowsByMark.get(match[1] ?? match[2]!) ?? []))]
}

const nameOf = ({ table, id, projectId, buildingId }: SeededRow): string =>
  `${table} ${id} of project ${projectId.slice(0, 8)}, building ${buildingId?.slice(0, 8) ?? '-'}`

test('what is exported is what the list shows: no row outside, in either kind of file', async () => {
  const faults: string[] = []
  let shown = 0
  for (const person of people) {
    for (const route of routes.filter(({ path }) => path.endsWith('/export'))) {
      for (const format of ['csv', 'xlsx']) {
        const query = new URLSearchParams({ ...queryFor(route, random.pick(estate.projectIds)), format })
        const url = `${route.path}?${query.toString()}`
        const answer = await hub.app.inject({ url, headers: { ...person.headers, ...fromSomewhere() } })
        if (answer.statusCode !== 200) continue
        const text = format === 'csv' ? answer.body : await sheetText(answer.rawPayload)
        for (const row of rowsIn(text)) {
          shown++
          if (!maySee(person.user, route.permission, row)) faults.push(`${url} holds ${nameOf(row)}`)
        }
      }
    }
  }
  expect(faults).toEqual([])
  expect(shown).toBeGreaterThan(20)
})

async function sheetText(file: Buffer): Promise<string> {
  const lines: string[] = []
  for await (const cells of readSheet(file)) lines.push(cells.join(' '))
  return lines.join('\n')
}

test('an owner is shown his own room, and nothing of another', async () => {
  const owners = await seedOwners(hub, estate)
  const faults: string[] = []
  const kinds = new Set<string>()
  for (const owner of owners) {
    for (const place of [owner.place, random.pick(owners).place]) {
      const isOwn = place.id === owner.place.id
      for (const url of portalAddresses(hub, estate, place)) {
        const { statusCode, body } = await hub.app.inject({
          url,
          headers: { ...owner.headers, ...fromSomewhere() },
        })
        if (!isOwn && url.includes(place.id) && statusCode !== 404) faults.push(`${url}: ${statusCode}`)
        if (statusCode >= 300) continue
        for (const row of rowsIn(body)) {
          kinds.add(row.table)
          if (!mayOwnerSee(owner, row)) faults.push(`${url} shows ${nameOf(row)}`)
        }
      }
    }
  }
  expect([...new Set(faults)].slice(0, 60)).toEqual([])
  // Something has to be shown for this to mean anything
  expect([...kinds]).toEqual(expect.arrayContaining(['room', 'building', 'project', 'announcement']))
})

test(
  'nobody changes a row outside: the answer is no, and the database is as before',
  { timeout: 120_000 },
  async () => {
    const before = await fingerprint()
    const faults: string[] = []
    for (const person of people) {
      for (const route of routes.filter(({ method, table }) => method !== 'GET' && !isOwn(table))) {
        for (const row of outsideOf(route, person.user)) {
          const answer = await hub.app.inject({
            method: route.method,
            url: fill(route.path, row),
            headers: {
              ...person.headers,
              ...fromSomewhere(),
              ...(route.contract.csv ? { 'content-type': 'text/csv' } : {}),
            },
            payload: bodyFor(route, row.projectId) as object,
          })
          if (answer.statusCode < 400 || answer.statusCode === 429 || answer.statusCode >= 500) {
            faults.push(`${route.key}: ${answer.statusCode} for ${nameOf(row)}: ${answer.body.slice(0, 200)}`)
          }
          if (answer.statusCode !== 400) reached.add(route.key)
        }
      }
    }
    expect(faults).toEqual([])
    expect(await fingerprint()).toEqual(before)
    // Where the least body is refused before the row is looked for, nothing was learned: most routes must get further
    expect(reached.size).toBeGreaterThan(40)
  },
)
const reached = new Set<string>()

/** Accounts have rules of their own, tested with them; what is nobody's can not be outside. */
const isOwn = (table: string | null): boolean => table !== null && estate.placeless.has(table)

/** Rows that the path may name; without a parameter projects, which the body names. */
function outsideOf(route: WalkedRoute, user: CurrentUser): SeededRow[] {
  const table = route.table ?? 'project'
  if (route.table === null && !JSON.stringify(bodyFor(route, 'X') ?? '').includes('"X"')) return []
  return estate.rows.filter((row) => row.table === table && !maySee(user, route.permission, row)).slice(-2)
}

/** The hub's own workers go on with these meanwhile. */
const workedOn = /^(usage_|metering_point_state|held_interval|reminder|message|process_timer)/

/** Of all tables of the estate, with what people left in them. */
async function fingerprint(): Promise<Record<string, string>> {
  const names = [
    ...new Set(estate.rows.map(({ table }) => table)),
    'role',
    'role_assignment',
    'company',
    'department',
  ]
  const sums: Record<string, string> = {}
  for (const name of names) {
    if (workedOn.test(name)) continue
    const { rows } = await hub.hub.db.pool.query<{ sum: string }>(
      `select count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '') as sum from "${name}" t`,
    )
    sums[name] = rows[0]!.sum
  }
  return sums
}
