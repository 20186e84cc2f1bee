/** What a device can be told to do: the commands of its profile, and the free write where its driver has one. */
import type { CatalogueCommand } from '@courtyard/protocols/contract'
import type { DeviceProfile } from '@courtyard/protocols/profile'
import type { DriverDefinition } from '../drivers/driver.ts'

/** Key of the free write, unless the profile has a command of that name. */
export const FREE_WRITE = 'write'

export function commandsOf(
  profile: DeviceProfile,
  definition: Pick<DriverDefinition, 'writeSchema' | 'confirms'>,
): CatalogueCommand[] {
  const commands = profile.commands.map((command): CatalogueCommand => {
    const { key, kind, label, unit, scale, range, readBack } = command
    return {
      key,
      kind,
      label,
      ...(unit === undefined ? {} : { unit }),
      ...(scale === undefined ? {} : { scale }),
      ...(range === undefined ? {} : { range }),
      confirms: readBack !== undefined || definition.confirms?.(command) === true,
    }
  })
  if (!definition.writeSchema || commands.some(({ key }) => key === FREE_WRITE)) return commands
  const label = { zh: '写入', en: 'Free write' }
  return [...commands, { key: FREE_WRITE, kind: 'write', label, confirms: false }]
}
