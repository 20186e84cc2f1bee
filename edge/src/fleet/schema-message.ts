/** What this agent's configuration may say, as JSON Schemas from which the hub makes forms. */
import { createHash } from 'node:crypto'
import { TELEMETRY_VERSION, type SchemaMessage } from '@courtyard/protocols/contract'
import type { DeviceProfile } from '@courtyard/protocols/profile'
import { DeviceConfig, OutboxConfig, UplinkConfig } from '../config/site.schema.ts'
import { findDriver } from '../drivers/registry.ts'
import { agentVersion } from '../version.ts'
import { inputSchema, schemasOf } from './secrets.ts'

export function schemaMessage(
  drivers: readonly { readonly id: string }[],
  profiles: ReadonlyMap<string, DeviceProfile>,
): SchemaMessage {
  const content = {
    agentVersion,
    outbox: inputSchema(OutboxConfig),
    uplink: inputSchema(UplinkConfig),
    device: inputSchema(DeviceConfig.omit({ address: true })),
    drivers: drivers
      .map(({ id }) => findDriver(id)!)
      .map((definition) => ({
        id: definition.id,
        ...schemasOf(definition),
        write: definition.writeSchema ? inputSchema(definition.writeSchema) : null,
        scans: definition.scan !== undefined,
        profiles: [...profiles.values()]
          .filter((profile) => profile.driver === definition.id)
          .map(({ id, label, medium, groups }) => ({
            id,
            zh: label.zh,
            en: label.en,
            medium,
            groups: Object.fromEntries(
              Object.entries(groups).map(([key, { intervalMs }]) => [key, intervalMs]),
            ),
          })),
      })),
  }
  const revision = createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 32)
  return { v: TELEMETRY_VERSION, revision, ...content }
}
