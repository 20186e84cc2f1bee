import { randomUUID } from 'node:crypto'
import { PgBoss } from 'pg-boss'
import type { Logger } from 'pino'
import type * as z from 'zod'
import { invalidInput } from '../errors.ts'
import { reasonOfIssue, withInput } from '../reasons/zod-reason.ts'
import type { JobContext, JobOptions, Jobs, WorkOptions } from './jobs.ts'
import type { PlatformReason } from '../reasons/platform-reasons.ts'

/** Jobs in the schema `pgboss` of the same database. */
export class PgBossJobs implements Jobs {
  private readonly boss: PgBoss
  private readonly log: Logger
  private readonly takesJobs: boolean
  private readonly queues = new Map<string, Promise<void>>()
  private lastError: string | null = null
  private started = false

  constructor(url: string, log: Logger, takesJobs: boolean) {
    this.log = log
    this.takesJobs = takesJobs
    this.boss = new PgBoss({
      connectionString: url,
      max: 6,
      application_name: 'courtyard-jobs',
      supervise: takesJobs,
      schedule: takesJobs,
      useListenNotify: takesJobs,
    })
    this.boss.on('error', (error) => {
      this.lastError = error.message
      log.warn({ err: error }, 'job queue')
    })
    this.boss.on('warning', (warning) => log.debug({ warning }, 'job queue'))
  }

  async start(): Promise<void> {
    await this.boss.start()
    this.started = true
  }

  async work<T extends object>(
    name: string,
    data: z.ZodType<T>,
    handler: (data: T, job: JobContext) => Promise<void>,
    options: WorkOptions = {},
  ): Promise<void> {
    await this.queue(name, options)
    if (!this.takesJobs) return
    const log = this.log.child({ job: name })
    const settings = {
      localConcurrency: options.concurrency ?? 1,
      pollingIntervalSeconds: 2,
      // New jobs are announced; those that wait for their next try or their hour are only found by looking
      notifyPollingIntervalSeconds: 2,
    }
    await this.boss.work<unknown>(name, settings, async (jobs) => {
      for (const job of jobs) {
        const parsed = data.safeParse(job.data, withInput)
        if (!parsed.success) {
          const issues = parsed.error.issues.map((issue) => ({
            path: issue.path.join('.'),
            reason: reasonOfIssue(issue),
          }))
          throw invalidInput(`The data of job ${name} are not valid`, issues)
        }
        try {
          await handler(parsed.data, { id: job.id, signal: job.signal })
          this.lastError = null
        } catch (error) {
          log.error({ err: error, id: job.id, attempt: job.retryCount + 1 }, 'job failed')
          throw error
        }
      }
    })
  }

  async send(name: string, data: object, options: JobOptions = {}): Promise<string | null> {
    await this.queue(name)
    const { client } = options
    return this.boss.send(name, data, {
      singletonKey: options.singletonKey ?? randomUUID(),
      ...(options.startAfter ? { startAfter: options.startAfter } : {}),
      ...(client
        ? { db: { executeSql: (text: string, values?: unknown[]) => client.query(text, values) } }
        : {}),
    })
  }

  async schedule(name: string, cron: string, data: object = {}): Promise<void> {
    await this.queue(name)
    await this.boss.schedule(name, cron, data, { tz: 'UTC', singletonKey: 'schedule' })
  }

  async state(): Promise<{ ok: boolean; detail: PlatformReason }> {
    if (!this.started) return { ok: false, detail: { code: 'health.not_started' } }
    if (!this.lastError) return { ok: true, detail: { code: 'health.running' } }
    return { ok: true, detail: { code: 'health.running_after_fault', fault: this.lastError } }
  }

  /** Gives running jobs two seconds; those that do not end are tried again at the next start. */
  async stop(): Promise<void> {
    if (!this.started) return
    this.started = false
    await this.boss.stop({ graceful: true, timeout: 2_000, close: true })
  }

  /** Of each key at most one job waits and one runs ("stately"). */
  private queue(name: string, options: WorkOptions = {}): Promise<void> {
    const known = this.queues.get(name)
    if (known) return known
    const made = this.boss.createQueue(name, {
      policy: 'stately',
      notify: true,
      retryLimit: options.retryLimit ?? 3,
      retryDelay: 2,
      retryBackoff: true,
      retryDelayMax: 300,
      expireInSeconds: options.expireInSeconds ?? 900,
    })
    this.queues.set(name, made)
    made.catch(() => this.queues.delete(name))
    return made
  }
}
