/** What the hub keeps secrets and proves identities with. */
import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { HubConfig } from '../config.ts'
import type { Database } from '../database/database.ts'
import { CertificateAuthority } from './authority.ts'
import { loadMasterKeys } from './master-key.ts'
import { SecretBox } from './secret-box.ts'
import { serverNames } from './server-names.ts'

const LOOK_AGAIN_EVERY_MS = 3_600_000

/** What a TLS listener or client of the hub's works with; PEM. */
export interface TlsMaterial {
  readonly certificate: string
  readonly privateKey: string
  /** Whom to trust: the bundle of the hub's CA. */
  readonly ca: string
}

export interface Security {
  readonly box: SecretBox
  readonly authority: CertificateAuthority
  /** Names that the hub's certificate is valid for. */
  readonly names: readonly string[]
  /** For listeners of this hub. */
  listener(): Promise<TlsMaterial>
  /** For the hub as a client of a broker beside it; its common name is `hub`. */
  client(): Promise<TlsMaterial>
  /** Called when certificates or the bundle may have changed: take them anew. @returns ends it */
  onRenewal(listener: () => Promise<void>): () => void
  /** Looks whether something has come to its end; runs by itself every hour. */
  renew(): Promise<void>
  stop(): Promise<void>
}

export async function startSecurity(options: {
  config: HubConfig
  db: Database
  clock: Clock
  log: Logger
}): Promise<Security> {
  const { config, db, clock, log } = options
  const box = new SecretBox(await loadMasterKeys(config.dataFolder, config.masterKey))
  const authority = new CertificateAuthority({ db, box, clock, log })
  await authority.refresh()
  const names = serverNames(config)
  const listeners = new Set<() => Promise<void>>()
  const renew = async () => {
    try {
      await authority.refresh()
      for (const listener of listeners) await listener()
    } catch (error) {
      log.error({ err: error }, 'certificates could not be looked after; trying again in an hour')
    }
  }
  let renewing = Promise.resolve()
  const timer = setInterval(() => {
    renewing = renewing.then(renew)
  }, LOOK_AGAIN_EVERY_MS)
  timer.unref()
  return {
    box,
    authority,
    names,
    listener: async () => ({ ...(await authority.own('courtyard-hub', names)), ca: authority.bundle }),
    client: async () => ({ ...(await authority.own('hub', [])), ca: authority.bundle }),
    onRenewal: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    renew,
    stop: async () => {
      clearInterval(timer)
      await renewing
    },
  }
}
