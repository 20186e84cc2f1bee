/** Commands about the configuration and the identity: `check`, `local-config`, `enrol`. */
import { AppError } from '@courtyard/protocols/contract'
import { systemClock } from '../clock.ts'
import { SiteText, type SiteConfig } from '../config/index.ts'
import { takeDataFolder } from '../data-folder.ts'
import { errorCodes } from '../errors.ts'
import { ConfigSource, leaveHubConfig } from '../fleet/index.ts'
import { createLogger } from '../log.ts'
import { GatewayIdentity, parseEnrolLink } from '../uplink/index.ts'
import { configFile, noMore, print, readOptions, readSecretArgument, usageError } from './command.ts'

export function check(args: readonly string[]): number {
  const { values, positionals } = readOptions(args, { config: { type: 'string' } })
  noMore(positionals)
  const file = configFile(values.config)
  const source = new ConfigSource(file, () => systemClock.nowMs())
  const site = source.load()
  if (site.source.revision === null) return print(`${file} is good: ${summary(site)}\n`)
  const ignored = source.ignoredKeys()
  const words = ignored.length > 0 ? `\n${ignored.join(', ')} of the file have no effect` : ''
  return print(
    `${file} is good. The configuration of the hub runs, revision ${site.source.revision}: ${summary(site)}${words}\n` +
      `courtyard-edge local-config --config ${file} goes back to the file.\n`,
  )
}

function summary(site: SiteConfig): string {
  const devices = site.buses.reduce((sum, bus) => sum + bus.devices.length, 0)
  if (site.buses.length === 0 && devices === 0) return 'no buses and devices yet; they may come from the hub'
  return `${site.buses.length} buses, ${devices} devices`
}

export function localConfig(args: readonly string[]): number {
  const { values, positionals } = readOptions(args, { config: { type: 'string' } })
  noMore(positionals)
  const file = configFile(values.config)
  const { gateway } = SiteText.read(file).local()
  // A running agent would go on with what it has, and write over what is done here.
  const folder = takeDataFolder(gateway.dataDir)
  try {
    const left = leaveHubConfig({ gateway }, createLogger('warn'))
    if (left === null) return print(`${file} counts already; there was no configuration from the hub\n`)
    return print(`${file} counts again in place of revision ${left} of the hub. Start the agent.\n`)
  } finally {
    folder.close()
  }
}

/** Enrols at once and says what came of it; a running agent has to be stopped first. */
export async function enrol(args: readonly string[]): Promise<number> {
  const { values, positionals } = readOptions(args, { config: { type: 'string' } })
  const [text, ...more] = positionals
  noMore(more)
  const file = configFile(values.config)
  if (text === undefined) throw usageError('the enrolment link is missing: courtyard://enrol?hub=…&token=…&ca=…')
  const { gateway, hub } = SiteText.read(file).local()
  const link = parseEnrolLink(await readSecretArgument(text))
  const folder = takeDataFolder(gateway.dataDir)
  try {
    const identity = new GatewayIdentity(gateway.dataDir, createLogger('warn'), new AbortController().signal)
    const { gatewayId, tls } = await identity.enrolAnew({ ...hub, ...link })
    const how = tls ? 'with a certificate of its own' : 'with a password; the hub offers no TLS'
    return print(`enrolled as ${gatewayId}, ${how}. Start the agent; hub.url of the site file is not needed.\n`)
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== errorCodes.enrolmentRefused) throw error
    throw new AppError(error.code, `${error.message}. Make a new link in the hub: each works once.`, { cause: error })
  } finally {
    folder.close()
  }
} // prettier-ignore
