/** The agent as part of a fleet: what the hub may change and ask, put together. */
import type { ConfigReport, ResponseMessage, SchemaMessage } from '@courtyard/protocols/contract'
import { loadProfiles } from '@courtyard/protocols/profile'
import type { Clock } from '../clock.ts'
import type { SiteConfig } from '../config/index.ts'
import type { Emission } from '../drivers/driver.ts'
import { driverDefinitions } from '../drivers/registry.ts'
import type { LogRing } from '../log-ring.ts'
import type { Logger } from '../log.ts'
import type { Polling } from '../polling/index.ts'
import type { DownHandlers } from '../uplink/down-messages.ts'
import type { UpKind } from '../uplink/hub-session.ts'
import type { ConfigSource } from './config-source.ts'
import { RemoteConfig, type RemoteConfigOptions } from './remote-config.ts'
import { Requests } from './requests.ts'
import { schemaMessage } from './schema-message.ts'
import { secretsOf } from './secrets.ts'

export interface FleetOptions {
  readonly source: ConfigSource
  readonly ring: LogRing
  readonly clock: Clock
  readonly logger: Logger
  readonly running: () => SiteConfig
  readonly apply: (site: SiteConfig) => Promise<void>
  readonly polling: () => Pick<Polling, 'exclusive' | 'lend'>
  readonly offer: (emission: Emission) => Promise<void>
  readonly connected: () => boolean
  /** False when there is no session. */
  readonly publish: (kind: UpKind, message: ConfigReport | ResponseMessage | SchemaMessage) => boolean
  readonly trial?: RemoteConfigOptions['trial']
}

export class Fleet {
  readonly handlers: Omit<DownHandlers, 'ack' | 'command' | 'certificate'>
  private readonly options: FleetOptions
  private readonly remoteConfig: RemoteConfig
  private readonly requests: Requests
  private readonly schema: SchemaMessage

  constructor(options: FleetOptions) {
    this.options = options
    const { publish, logger } = options
    this.schema = schemaMessage(driverDefinitions, loadProfiles())
    this.remoteConfig = new RemoteConfig({ ...options, publish: (report) => publish('config', report) })
    this.requests = new Requests({ ...options, publish: (response) => void publish('response', response) })
    this.handlers = {
      config: (message) => this.remoteConfig.handle(message),
      request: (message) => this.requests.handle(message),
      unreadable: (kind, json, reason) => {
        if (kind === 'config') this.remoteConfig.refuseUnreadable(json, reason)
        if (kind === 'request') this.requests.refuseUnreadable(json, reason)
      },
    }
    this.hideSecrets()
    logger.debug({ schema: this.schema.revision }, 'schema of the configuration')
  }

  started(): void {
    this.remoteConfig.started()
  }

  connected(): void {
    this.options.publish('schema', this.schema)
    this.remoteConfig.connected()
  }

  /** The configuration that runs has changed. */
  changed(): void {
    this.hideSecrets()
  }

  /** Runs a job of the configuration (such as SIGHUP's) when none from the hub is being applied. */
  enqueue(job: () => Promise<void>): void {
    this.remoteConfig.enqueue(job)
  }

  async stop(): Promise<void> {
    this.requests.stop()
    await this.remoteConfig.stop()
  }

  private hideSecrets(): void {
    const { hub, source } = this.options.running()
    this.options.ring.hide([...(hub.enrolmentToken === undefined ? [] : [hub.enrolmentToken]), ...secretsOf(source.managed)]) // prettier-ignore
  }
}
