/** Makes files of lists: short ones here, long ones in a process of their own that takes its memory with it. */
import { fork, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, open, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { Logger } from 'pino'
import { environmentSchema } from '../../config.ts'
import type { Database } from '../../database/database.ts'
import { fail, platformErrors } from '../../errors.ts'
import { Slots } from '../../slots.ts'
import { exportErrors, type ExportReason } from './errors.ts'
import type { Report, Task } from './messages.ts'
import type { ExportOrder } from './order.ts'
import { writeOrder } from './write-order.ts'

/** Lists up to this are written before another process would have started. */
export const SHORT_ROWS = 2_000
/** Processes at a time: more would only take each other's processor, and memory from the hub. */
const AT_ONCE = 2
/** Further ones that may wait for them. */
const MOST_WAITING = 20
/** Megabytes. Rows are let go at once, so that little heap is enough; more would only be filled with waste. */
const HEAP_LIMITS = ['--max-old-space-size=96', '--max-semi-space-size=2']
const PROGRAM = fileURLToPath(new URL('./export-process.ts', import.meta.url))

export interface ExporterOptions {
  readonly db: Pick<Database, 'url' | 'transaction'>
  /** Where files are while they are written; as much room as they need. */
  readonly folder: string
  readonly log: Logger
}

export interface WrittenFile {
  readonly stream: Readable
  readonly bytes: number
}

export class Exporter {
  private readonly options: ExporterOptions
  private readonly slots = new Slots(AT_ONCE)
  private readonly stopping = new AbortController()
  private readonly running = new Set<Promise<unknown>>()

  constructor(options: ExporterOptions) {
    this.options = options
  }

  /**
   * The file of an order: of a short one made here, else by a process of its own.
   * @param gone aborted when nobody wants the file any more
   * @throws AppError `export.failed`, `export.busy`, `export.cancelled`, `hub.stopping`
   */
  write(order: ExportOrder, isShort: boolean, gone: AbortSignal): Promise<WrittenFile> {
    if (!isShort) return this.fill(order.name, gone, (file) => this.writeApart(order, file, gone))
    return this.writeHere(order.name, gone, (target) =>
      this.options.db.transaction((client) => writeOrder(client, order, target)),
    )
  }

  /**
   * A file that only the hub itself can make, with what its modules know.
   * @param work fills the file; @returns number of rows
   * @throws AppError as `write`
   */
  writeHere(
    name: string,
    gone: AbortSignal,
    work: (target: Writable) => Promise<number>,
  ): Promise<WrittenFile> {
    return this.fill(name, gone, async (file) => ({
      rows: await work(createWriteStream('', { fd: file.fd, autoClose: false })),
    }))
  }

  /** Ends what is under way. */
  async stop(): Promise<void> {
    this.stopping.abort()
    await Promise.allSettled(this.running)
  }

  /**
   * The whole file, once it is written: nothing half-written ever looks like a file, and a slow reader holds neither a
   * snapshot of the database nor a process.
   */
  private async fill(
    name: string,
    gone: AbortSignal,
    work: (file: FileHandle) => Promise<object>,
  ): Promise<WrittenFile> {
    const file = await namelessFile(this.options.folder)
    try {
      const began = performance.now()
      const done = await work(file)
      const { size: bytes } = await file.stat()
      gone.throwIfAborted()
      const ms = Math.round(performance.now() - began)
      this.options.log.info({ sheet: name, ...done, bytes, ms }, 'export written')
      return { stream: file.createReadStream({ start: 0 }), bytes }
    } catch (error) {
      await file.close()
      throw this.faultOf(error, gone)
    }
  }

  private async writeApart(order: ExportOrder, file: FileHandle, gone: AbortSignal) {
    if (this.slots.waiting >= MOST_WAITING)
      throw fail(exportErrors.busy, 'Many exports are waiting already', busy)
    const ended = AbortSignal.any([gone, this.stopping.signal])
    const work = this.slots.run(() => this.runProcess(order, file, ended), ended)
    this.running.add(work)
    try {
      const { rows, peakRssKb } = await work
      return { rows, peakRssMb: peakRssKb === null ? null : Math.round(peakRssKb / 1024) }
    } finally {
      this.running.delete(work)
    }
  }

  private async runProcess(order: ExportOrder, file: FileHandle, ended: AbortSignal) {
    ended.throwIfAborted()
    const child = fork(PROGRAM, [], {
      execArgv: HEAP_LIMITS,
      env: ownEnvironment(),
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', file.fd, 'ipc'],
    })
    const kill = () => child.kill('SIGKILL')
    ended.addEventListener('abort', kill, { once: true })
    try {
      const { report, ending } = await reportOf(child, { databaseUrl: this.options.db.url, order })
      ended.throwIfAborted()
      if (report && 'rows' in report) return report
      this.options.log.error({ ...(report ?? ending) }, 'export process ended early')
      throw failed(report ? reasonOf(report.code) : { code: 'export.killed' })
    } finally {
      ended.removeEventListener('abort', kill)
    }
  }

  private faultOf(error: unknown, gone: AbortSignal): unknown {
    if (gone.aborted) return fail(exportErrors.cancelled, 'Nobody waits for the file any more')
    if (this.stopping.signal.aborted) return fail(platformErrors.stopping, 'The hub is stopping')
    const code = (error as NodeJS.ErrnoException).code ?? null
    return code !== null && full.has(code) ? failed(reasonOf(code), error) : error
  }
}

interface Ending {
  readonly exit: number | string | null
  /** The end of what it said on standard error. */
  readonly said: string
}

/** What the process reports, if it comes to that; resolves when it has ended. @throws when it can't be started */
async function reportOf(child: ChildProcess, task: Task): Promise<{ report: Report | null; ending: Ending }> {
  let report: Report | null = null
  let said = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-2_000)))
  child.once('message', (message) => (report = message as Report))
  const ended = new Promise<number | string | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve(signal ?? code))
  })
  // A process that has died already says so by its end
  child.send(task, () => undefined)
  const exit = await ended
  return { report, ending: { exit, said } }
}

/** An open file that has no name: it is gone when whoever has it open closes it or dies. */
async function namelessFile(folder: string): Promise<FileHandle> {
  await mkdir(folder, { recursive: true })
  const path = join(folder, randomUUID())
  const file = await open(path, 'wx+', 0o600)
  await rm(path)
  return file
}

/** What the hub alone has to know, its secrets above all, is nothing for the process. */
function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !(name in environmentSchema.shape)),
  )
}

const busy = { reason: { code: 'export.busy' } satisfies ExportReason, retryAfterSeconds: 30 }

const full = new Set(['ENOSPC', 'EDQUOT'])

function reasonOf(code: string | null): ExportReason {
  return { code: code !== null && full.has(code) ? 'export.no_space' : 'export.fault' }
}

function failed(reason: ExportReason, cause?: unknown) {
  return fail(exportErrors.failed, `The export has failed: ${reason.code}`, { reason }, cause)
}
