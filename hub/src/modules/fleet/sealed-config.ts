/** Configurations as they are kept: sealed, each for its own place. */
import type { ManagedConfig } from '@courtyard/protocols/contract'
import type { Hub } from '../../platform/module.ts'
import { allSealed, replaceSealed, type SealedTable } from './configs.repository.ts'

const placeOf: Readonly<Record<SealedTable, (id: string) => string>> = {
  gateway_config: (id) => `gateway-config:${id}`,
  gateway_report: (id) => `gateway-report:${id}`,
}

/** @param id of the revision, or of the gateway for what it reports */
export function sealConfig(hub: Hub, table: SealedTable, id: string, config: ManagedConfig): Buffer {
  return hub.security.box.seal(JSON.stringify(config), placeOf[table](id))
}

/** @throws AppError `security.cannot_open` */
export function openConfig(hub: Hub, table: SealedTable, id: string, sealed: Buffer): ManagedConfig {
  return JSON.parse(hub.security.box.open(sealed, placeOf[table](id)).toString('utf8')) as ManagedConfig
}

/** After a change of the master key: when this is done the old one is needed no longer. @returns how many */
export async function sealAllAnew(hub: Hub): Promise<number> {
  const { box } = hub.security
  let renewed = 0
  for await (const { table, id, sealed } of allSealed(hub.db.pool)) {
    if (!box.isOutdated(sealed)) continue
    const place = placeOf[table](id)
    await replaceSealed(hub.db.pool, table, id, sealed, box.seal(box.open(sealed, place), place))
    renewed++
  }
  return renewed
}
