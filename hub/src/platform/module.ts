import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { Broker } from './broker/broker.ts'
import type { Clock } from './clock.ts'
import type { HubConfig, HubRole } from './config.ts'
import type { Database } from './database/database.ts'
import type { Files } from './files/files.ts'
import type { Jobs } from './jobs/jobs.ts'
import type { LiveBus } from './live/live-bus.ts'
import type { Exporter } from './resource/export/exporter.ts'
import type { Resource } from './resource/resource.ts'
import type { Security } from './security/security.ts'
import type { Settings } from './settings/settings.ts'

/** What the platform gives to every module. */
export interface Hub {
  readonly config: HubConfig
  readonly version: string
  readonly log: Logger
  readonly clock: Clock
  readonly db: Database
  /** Secrets at rest, and the hub's own CA. */
  readonly security: Security
  readonly broker: Broker
  /** Uploaded files and pictures. */
  readonly files: Files
  readonly jobs: Jobs
  readonly live: LiveBus
  /** Writes long lists into files, away from this process. */
  readonly exporter: Exporter
  /** What people change while the hub runs. */
  readonly settings: Settings
  readonly roles: ReadonlySet<HubRole>
  /** Address at which people reach the hub, without a slash at the end. Known once it listens. */
  readonly publicUrl: string
}

/** Ends what `start` began: takes in nothing new, waits for what is under way. */
export type Stop = () => Promise<void>

/** `app.hub` is the hub; routes are made with `route(app, …)`. */
export type HubApp = FastifyInstance

export interface HubModule {
  readonly name: string
  /** Kinds of records whose routes the kit makes. */
  readonly resources?: readonly Resource[]
  /** Called when the process has the role `api`. */
  routes?(app: HubApp): void
  /** Runs what the process's roles ask for: look at `hub.roles`. Called before the hub listens. */
  start?(hub: Hub): Promise<Stop | void>
}

declare module 'fastify' {
  interface FastifyInstance {
    readonly hub: Hub
  }
}
