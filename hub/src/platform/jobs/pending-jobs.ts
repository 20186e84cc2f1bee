/** Jobs of another time put back into the queues: for a database that is restored. */
import { PgBoss } from 'pg-boss'
import type pg from 'pg'

export interface PendingJob {
  readonly name: string
  readonly data: object
  readonly singletonKey: string | null
  /** ISO 8601. */
  readonly startAfter: string
  readonly expireInSeconds: number
}

export class PendingJobs {
  private readonly boss: PgBoss
  private started = false

  constructor(url: string) {
    this.boss = new PgBoss({
      connectionString: url,
      max: 2,
      application_name: 'courtyard-restore',
      supervise: false,
      schedule: false,
    })
    // A call that fails throws by itself
    this.boss.on('error', () => undefined)
  }

  /** Makes the queues, which no transaction can. */
  async prepare(jobs: readonly PendingJob[]): Promise<void> {
    await this.boss.start()
    this.started = true
    const queues = new Map(jobs.map(({ name, expireInSeconds }) => [name, expireInSeconds]))
    for (const [name, expireInSeconds] of queues) {
      await this.boss.createQueue(name, {
        ...{ policy: 'stately', notify: true, expireInSeconds },
        ...{ retryLimit: 3, retryDelay: 2, retryBackoff: true, retryDelayMax: 300 },
      })
    }
  }

  /** Throws away what the queues hold and puts these in, within the caller's transaction. */
  async replaceAll(client: pg.ClientBase, jobs: readonly PendingJob[]): Promise<void> {
    await client.query('delete from pgboss.job')
    const db = { executeSql: (text: string, values?: unknown[]) => client.query(text, values) }
    for (const { name, data, singletonKey, startAfter } of jobs) {
      const key = singletonKey === null ? {} : { singletonKey }
      await this.boss.send(name, data, { ...key, startAfter: new Date(startAfter), db })
    }
  }

  async close(): Promise<void> {
    if (this.started) await this.boss.stop({ graceful: false, close: true })
  }
}
