import type pg from 'pg'
import type * as z from 'zod'
import type { PlatformReason } from '../reasons/platform-reasons.ts'

export interface JobOptions {
  /** Of a key at most one job waits and one runs: a call while one waits changes nothing. */
  readonly singletonKey?: string
  /** Not before. */
  readonly startAfter?: Date
  /** Queue it with this transaction: it exists only if that commits. */
  readonly client?: pg.ClientBase
}

export interface WorkOptions {
  /** Jobs of this name at the same time in this process; default 1. */
  readonly concurrency?: number
  /** Seconds after which a running job counts as dead and is tried again; default 900. */
  readonly expireInSeconds?: number
  /** Tries after the first failure; default 3, with growing pauses. */
  readonly retryLimit?: number
}

export interface JobContext {
  readonly id: string
  /** Aborted when the hub stops or the job has run out of time. */
  readonly signal: AbortSignal
}

/** Work that outlives a request and a process; kept in PostgreSQL. */
export interface Jobs {
  /** Takes jobs when this process has the role `worker`; else only makes the queue known. */
  work<T extends object>(
    name: string,
    data: z.ZodType<T>,
    handler: (data: T, job: JobContext) => Promise<void>,
    options?: WorkOptions,
  ): Promise<void>
  /** @returns id of the job, or null when one with the singleton key waits already */
  send(name: string, data: object, options?: JobOptions): Promise<string | null>
  /** Five-field cron, UTC; replaces an earlier schedule of the name. */
  schedule(name: string, cron: string, data?: object): Promise<void>
  state(): Promise<{ ok: boolean; detail: PlatformReason }>
  stop(): Promise<void>
}
