/** What lists, searches and files of the kit cost over HTTP, beside what the bare statements cost. */
import { readFile, writeFile } from 'node:fs/promises'
import type { ResourceImport } from '@courtyard/protocols/contract'
import type { TestClient, TestHub } from '../../../hub/src/platform/testing.ts'
import { copyRows } from '../../../hub/src/platform/database/copy-rows.ts'
import { freePort, startProgram, until } from '../../support/processes.ts'
import { makeKitData, type KitData } from './data.ts'

export interface KitSize {
  readonly rooms: number
  readonly parties: number
  readonly imported: number
  readonly exported: number
  readonly times: number
}
interface Timing {
  readonly p50Ms: number
  readonly p95Ms: number
  /** Of the median to that of the bare statement. */
  readonly toBare?: number
}
type Say = (text: string) => void

export async function runKitBench(hub: TestHub, size: KitSize, say: Say) {
  const started = performance.now()
  const data = await makeKitData(hub.hub.db.pool, size)
  say(`data: ${Math.round((performance.now() - started) / 1000)} s`)
  const bench = new KitBench(hub, data, size, say)
  return bench.run()
}

class KitBench {
  private readonly hub: TestHub
  private readonly data: KitData
  private readonly size: KitSize
  private readonly say: Say

  constructor(hub: TestHub, data: KitData, size: KitSize, say: Say) {
    this.hub = hub
    this.data = data
    this.size = size
    this.say = say
  }

  async run() {
    const all = await this.hub.as('administrator')
    const keeper = await this.hub.as('manager', [], { buildingIds: this.data.buildingIds })
    const rooms = await this.rooms(all)
    const parties = await this.parties(all)
    const scoped = {
      rooms: await this.list(keeper, 'rooms', [{}]),
      parties: await this.list(keeper, 'parties', [{}]),
    }
    const imported = await this.import(all)
    const exported = await this.export(all)
    const { rooms: roomCount, parties: partyCount } = this.size
    return { size: { rooms: roomCount, parties: partyCount }, rooms, parties, scoped, imported, exported }
  }

  private async rooms(who: TestClient) {
    const bare = await this.bare('SELECT * FROM room WHERE project_id = $1 ORDER BY code, id LIMIT 51')
    const shops = JSON.stringify([['kind', 'is', 'shop']])
    const floors = [3, 17, 33].map((floor) => ({ where: JSON.stringify([['floor', 'is', floor]]) }))
    return {
      first: await this.list(who, 'rooms', [{}], bare),
      filtered: await this.list(who, 'rooms', [{ where: shops }, ...floors], bare),
      digits: await this.list(
        who,
        'rooms',
        ['12-3', '1204', '7-1'].map((q) => ({ q })),
        bare,
      ),
    }
  }

  private async parties(who: TestClient) {
    const bare = await this.bare('SELECT * FROM party WHERE project_id = $1 ORDER BY name, id LIMIT 51')
    const { rows } = await this.hub.hub.db.pool.query<{ phone: string }>(
      'SELECT phone FROM party WHERE project_id = $1 LIMIT 5',
      [this.data.largeProjectId],
    )
    const searched = (words: string[]) =>
      this.list(
        who,
        'parties',
        words.map((q) => ({ q })),
        bare,
      )
    return {
      first: await this.list(who, 'parties', [{}], bare),
      filtered: await this.list(
        who,
        'parties',
        [{ where: JSON.stringify([['kind', 'is', 'person']]) }],
        bare,
      ),
      oneCharacter: await searched(['王', '吕', '彭', '琪']),
      twoCharacters: await searched(['王伟', '诗琪', '吕静', '建国']),
      threeCharacters: await searched(['王子涵', '李建国', '吕诗琪']),
      nobody: await searched(['龘', '王龘']),
      phone: await searched(rows.map(({ phone }) => phone)),
      partOfPhone: await searched(['138', '8800', '1390']),
    }
  }

  /** First pages of the large project, one query after the other. */
  private async list(
    who: TestClient,
    path: string,
    queries: readonly Record<string, string>[],
    bare?: Timing,
  ): Promise<Timing> {
    const timing = await this.time(async (turn) => {
      const query = { projectId: this.data.largeProjectId, ...queries[turn % queries.length] }
      const url = `/api/${path}?${new URLSearchParams(query).toString()}`
      const answer = await this.hub.app.inject({ url, headers: who.headers })
      if (answer.statusCode !== 200) throw new Error(answer.body)
    }, queries.length)
    this.say(`${path} ${JSON.stringify(queries[0])}: ${timing.p50Ms} / ${timing.p95Ms} ms`)
    return bare ? { ...timing, toBare: rounded(timing.p50Ms / bare.p50Ms) } : timing
  }

  private bare(sql: string): Promise<Timing> {
    return this.time(async () => {
      await this.hub.hub.db.pool.query(sql, [this.data.largeProjectId])
    }, 1)
  }

  /** The first round of each query is not counted: pages of the database come into memory. */
  private async time(work: (turn: number) => Promise<void>, warm: number): Promise<Timing> {
    const times: number[] = []
    for (let turn = -warm; turn < this.size.times; turn++) {
      const from = performance.now()
      await work(turn + warm)
      if (turn >= 0) times.push(performance.now() - from)
    }
    times.sort((a, b) => a - b)
    const at = (part: number) => rounded(times[Math.min(times.length - 1, Math.floor(times.length * part))]!)
    return { p50Ms: at(0.5), p95Ms: at(0.95) }
  }

  private async import(who: TestClient) {
    const rows = Array.from({ length: this.size.imported }, (_, at) => [
      `${1 + (at % 20)}栋`,
      `N-${at}`,
      '住宅',
      '12',
      '89.5',
    ])
    const bareSeconds = await this.bareCopy(rows)
    const csv = ['楼栋,房号,类型,楼层,建筑面积', ...rows.map((row) => row.join(','))].join('\r\n')
    const from = performance.now()
    const answer = await this.hub.app.inject({
      method: 'POST',
      url: `/api/rooms/imports?projectId=${this.data.smallProjectId}&fileName=rooms.csv`,
      headers: { ...who.headers, 'content-type': 'text/csv' },
      payload: csv,
    })
    if (answer.statusCode !== 200) throw new Error(answer.body)
    const one = answer.json<ResourceImport>()
    const uploaded = performance.now()
    await who.call('POST /api/imports/:id/check', { params: { id: one.id }, body: one.plan })
    await this.settled(who, one.id, 'checked')
    const checked = performance.now()
    await who.call('POST /api/imports/:id/run', { params: { id: one.id } })
    const done = await this.settled(who, one.id, 'done')
    const seconds = (to: number, since: number) => rounded((to - since) / 1000)
    const ended = performance.now()
    return {
      rows: done.created,
      uploadSeconds: seconds(uploaded, from),
      checkSeconds: seconds(checked, uploaded),
      runSeconds: seconds(ended, checked),
      seconds: seconds(ended, from),
      toCopy: rounded((ended - from) / 1000 / bareSeconds),
    }
  }

  private async bareCopy(rows: readonly string[][]): Promise<number> {
    const from = performance.now()
    await this.hub.hub.db.transaction(async (client) => {
      await client.query('CREATE TEMP TABLE bare (a text, b text, c text, d text, e text) ON COMMIT DROP')
      await copyRows(client, 'bare', ['a', 'b', 'c', 'd', 'e'], rows)
    })
    return (performance.now() - from) / 1000
  }

  private async settled(
    who: TestClient,
    id: string,
    wanted: ResourceImport['state'],
  ): Promise<ResourceImport> {
    for (;;) {
      const one = await who.call('GET /api/imports/:id', { params: { id } })
      if (one.state === wanted) return one
      if (one.state === 'failed' || (wanted === 'done' && one.state === 'checked'))
        throw new Error(`import ${one.state}: ${one.failure}, ${one.bad} bad rows`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  /** By a hub process that does nothing else, so that what it grows by is due to the export. */
  private async export(who: TestClient) {
    const written: ExportLine[] = []
    const port = await freePort()
    const program = startProgram(['hub/src/main.ts'], {
      env: {
        DATABASE_URL: this.hub.hub.db.url,
        COURTYARD_DATA: this.hub.folder,
        PORT: String(port),
        MQTT_PORT: String(await freePort()),
        MQTT_TLS_PORT: String(await freePort()),
      },
      onLine: (line) => {
        if (line.includes('"export written"')) written.push(JSON.parse(line) as ExportLine)
      },
    })
    try {
      const url = `http://127.0.0.1:${port}`
      await until('hub', 60_000, () =>
        fetch(`${url}/api/health/live`).then(
          (answer) => answer.ok || undefined,
          () => undefined,
        ),
      )
      const csv = await this.exportOnce(who, url, program.pid, 'csv', written)
      return { csv, xlsx: await this.exportOnce(who, url, program.pid, 'xlsx', written) }
    } finally {
      await program.stop()
    }
  }

  private async exportOnce(
    who: TestClient,
    hub: string,
    pid: number,
    format: 'csv' | 'xlsx',
    written: ExportLine[],
  ) {
    const where = encodeURIComponent(JSON.stringify([['floor', 'between', [1, this.floors()]]]))
    const url = `${hub}/api/rooms/export?projectId=${this.data.largeProjectId}&format=${format}&where=${where}`
    const idleMb = await megabytesOf(pid, 'VmRSS')
    await forgetPeak(pid)
    const from = performance.now()
    const answer = await fetch(url, { headers: who.headers })
    if (!answer.ok) throw new Error(await answer.text())
    let bytes = 0
    for await (const chunk of answer.body!) bytes += chunk.length
    const seconds = rounded((performance.now() - from) / 1000)
    const hubPeakMb = await megabytesOf(pid, 'VmHWM')
    const { rows, peakRssMb } = await until('line of the log', 10_000, () => written.shift())
    this.say(`export ${format}: ${rows} rows, ${seconds} s, ${bytes} bytes, peak ${peakRssMb} MB`)
    return {
      ...{ rows, seconds, megabytes: rounded(bytes / 2 ** 20) },
      /** Peak of the process that wrote the file. */
      processRssMb: peakRssMb,
      hubRssMb: idleMb,
      hubGrowthMb: Math.max(0, hubPeakMb - idleMb),
    }
  }

  /** Floors that hold about as many rooms as are to be exported. */
  private floors(): number {
    return 1 + Math.max(1, Math.round((33 * this.size.exported) / (this.size.rooms / 2)))
  }
}

/** What the hub says of a file in its log. */
interface ExportLine {
  readonly rows: number
  /** Missing when the list was so short that the hub wrote it itself. */
  readonly peakRssMb?: number
}

async function megabytesOf(pid: number, what: 'VmRSS' | 'VmHWM'): Promise<number> {
  const kb = new RegExp(`${what}:\\s+(\\d+)`).exec(await readFile(`/proc/${pid}/status`, 'utf8'))![1]
  return Math.round(Number(kb) / 1024)
}

/** From now on `VmHWM` is the peak since now (proc_pid_clear_refs(5)). */
const forgetPeak = (pid: number) => writeFile(`/proc/${pid}/clear_refs`, '5')

const rounded = (value: number) => Math.round(value * 100) / 100
