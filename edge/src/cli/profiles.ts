/** `courtyard-edge profiles`: the device models that this agent knows. */
import { loadProfiles, type DeviceProfile } from '@courtyard/protocols/profile'
import { driverDefinitions } from '../drivers/registry.ts'
import { languageOf, noMore, print, readOptions, usageError } from './command.ts'
import { table } from './table.ts'

const help = `courtyard-edge profiles [--driver D] [--search WORDS] [--json]

  --driver D       only the models of a driver
  --search WORDS   only the models in whose id, maker, model or names every word is found
  --json           as JSON, for programs
`

export function profiles(args: readonly string[]): number {
  const { values, positionals } = readOptions(args, {
    driver: { type: 'string' },
    search: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  })
  if (values.help) return print(help)
  noMore(positionals)
  const ids = driverDefinitions.map(({ id }): string => id)
  if (values.driver !== undefined && !ids.includes(values.driver)) {
    throw usageError(`there is no driver "${values.driver}"; there are ${ids.join(', ')}`, help)
  }
  const words = (values.search ?? '').toLowerCase().split(/\s+/).filter(Boolean)
  const found = [...loadProfiles().values()]
    .filter((profile) => values.driver === undefined || profile.driver === values.driver)
    .filter((profile) => words.every((word) => textOf(profile).includes(word)))
  if (values.json) return print(`${JSON.stringify(found.map(summary), null, 2)}\n`)
  if (found.length === 0) {
    process.stderr.write('no profile is like that; courtyard-edge profiles lists them all\n')
    return 1
  }
  const language = languageOf(process.env)
  const head = ['id', 'maker', 'model', 'driver', 'medium', 'points', 'commands', 'checked against']
  return print(table([head, ...found.map((profile) => row(profile, language))], [5, 6]))
}

function textOf({ id, manufacturer, model, label, medium }: DeviceProfile): string {
  return [id, manufacturer, model, label.zh, label.en, medium].join(' ').toLowerCase()
}

function row(profile: DeviceProfile, language: 'zh' | 'en'): string[] {
  const { id, manufacturer, model, driver, medium, points, commands, checkedAgainst } = profile
  const none = language === 'zh' ? '仅自带模拟器' : 'its own simulator only'
  return [id, manufacturer, model, driver, medium, String(points.length), String(commands.length), checkedAgainst.join('; ') || none] // prettier-ignore
}

function summary(profile: DeviceProfile) {
  const { id, manufacturer, model, label, driver, medium, points, commands, checkedAgainst, sources } =
    profile
  return {
    id,
    manufacturer,
    model,
    label,
    driver,
    medium,
    points: points.length,
    commands: commands.length,
    checkedAgainst,
    sources,
  }
}
