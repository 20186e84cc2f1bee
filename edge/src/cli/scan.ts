/** `courtyard-edge scan`: looks for devices on a bus and prints what to paste into the site file. */
import { stringify } from 'yaml'
import { AppError } from '@courtyard/protocols/contract'
import { systemClock } from '../clock.ts'
import type { DriverDefinition, FoundDevice } from '../drivers/driver.ts'
import { driverDefinitions, findDriver } from '../drivers/registry.ts'
import { errorCodes } from '../errors.ts'
import { ConfigSource } from '../fleet/index.ts'
import { noMore, print, readOptions, usageError } from './command.ts'
import { busFrom, driverHelp, driverNamed } from './driver-options.ts'
import { looseContext } from './loose-context.ts'
import { plain } from './table.ts'

const help = `courtyard-edge scan --driver D [--set key=value …] [--bus '{…}']
courtyard-edge scan --config site.yaml --bus KEY

  --driver D       a driver; with --help it lists its options
  --set k=v        an option of the bus, such as --set transport.host=10.0.0.5; any number of them
  --bus '{…}'      options of the bus as YAML or JSON; with --config the key of a bus (stop its agent first)
  --time-zone Z    of the devices' clocks (default Asia/Shanghai)
  --json           one JSON object per line, for programs

Ctrl-C ends it; what was found so far is printed already. Exit code 0: something was found; 1: nothing.
`

interface Target {
  readonly definition: DriverDefinition
  readonly bus: unknown
  readonly busKey: string
  readonly timeZone: string
}

export async function scan(args: readonly string[]): Promise<number> {
  const { values, positionals } = readOptions(args, {
    driver: { type: 'string' },
    bus: { type: 'string' },
    set: { type: 'string', multiple: true },
    config: { type: 'string' },
    'time-zone': { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  })
  noMore(positionals)
  if (values.help) return print(values.driver === undefined ? help : `${help}\n${driverHelp(driverNamed(values.driver, help))}`) // prettier-ignore
  const target =
    values.config === undefined
      ? loose(values.driver, values.bus, values.set ?? [], values['time-zone'])
      : configured(values.config, values.bus)
  if (!target.definition.scan) {
    const able = driverDefinitions.map(({ id }) => findDriver(id)!).filter((each) => 'scan' in each).map(({ id }) => id) // prettier-ignore
    throw usageError(`driver ${target.definition.id} cannot look for devices; these can: ${able.join(', ') || 'none'}`, help) // prettier-ignore
  }
  return look(target, values.json ?? false)
}

function loose(driver: string | undefined, bus: string | undefined, sets: readonly string[], timeZone: string | undefined): Target {
  if (driver === undefined) throw usageError('--driver is missing (or --config and --bus)', help)
  const definition = driverNamed(driver, help)
  const config = busFrom(definition, bus, sets, `${help}\n${driverHelp(definition)}`)
  return { definition, bus: config, busKey: 'bus1', timeZone: timeZone ?? 'Asia/Shanghai' }
} // prettier-ignore

function configured(file: string, key: string | undefined): Target {
  const site = new ConfigSource(file, () => systemClock.nowMs()).load()
  const bus = site.buses.find((each) => each.key === key)
  if (bus) return { definition: bus.definition, bus: bus.config, busKey: bus.key, timeZone: site.gateway.timeZone } // prettier-ignore
  const keys = site.buses.map((each) => each.key).join(', ')
  throw usageError(key === undefined ? `--bus is missing; there are ${keys}` : `${file} has no bus "${key}"; there are ${keys}`, help) // prettier-ignore
}

async function look(target: Target, json: boolean): Promise<number> {
  const { definition, bus, busKey, timeZone } = target
  const context = looseContext(bus, timeZone)
  const abort = new AbortController()
  const interrupt = () => abort.abort()
  process.once('SIGINT', interrupt)
  let count = 0
  const onFound = (found: FoundDevice): void => {
    count += 1
    print(json ? `${JSON.stringify(found)}\n` : snippet(found, busKey, count))
  }
  if (!json) process.stderr.write(`looking for devices on ${definition.describeBus(bus)} …\n`)
  try {
    await definition.scan!(context, onFound, abort.signal)
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== errorCodes.busDisconnected) throw error
    throw new AppError(error.code, `${error.message}\nIs the bus there, and does nobody else use it (an agent that runs)?`, { cause: error }) // prettier-ignore
  } finally {
    process.removeListener('SIGINT', interrupt)
    context.end()
  }
  if (count === 0) process.stderr.write('nothing answered; check wiring, line settings and that no agent uses the bus\n') // prettier-ignore
  return count > 0 ? 0 : 1
}

/** An entry of `devices` in the site file; what a person has to fill in says so. */
function snippet({ address, text, profile }: FoundDevice, bus: string, count: number): string {
  const entry = {
    key: `device${count}`,
    name: plain(text),
    bus,
    profile: profile ?? 'CHOOSE-A-PROFILE',
    address,
  }
  return `# ${plain(text)}\n${stringify([entry], { flowCollectionPadding: false })}\n`
}
