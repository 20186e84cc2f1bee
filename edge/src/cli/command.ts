/** What the commands of the program have in common. */
import { existsSync } from 'node:fs'
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { AppError } from '@courtyard/protocols/contract'
import { errorCodes } from '../errors.ts'

export const usage = `courtyard-edge --config site.yaml [--enrol LINK|-]        run the agent
courtyard-edge check --config site.yaml                  check the configuration; says which one runs
courtyard-edge enrol --config site.yaml LINK|-           take the identity that a link of the hub gives
courtyard-edge local-config --config site.yaml           go back from the hub's configuration to the file
courtyard-edge profiles [--driver D] [--search WORDS]    the device models that this agent knows
courtyard-edge probe --driver D --address A …            read a device once, without a site file
courtyard-edge probe --config site.yaml --device KEY     read a configured device once
courtyard-edge scan --driver D …                         look for devices on a bus
courtyard-edge scan --config site.yaml --bus KEY         look for devices on a configured bus
courtyard-edge import --config site.yaml [--file F|-]    take in a history of NDJSON lines
courtyard-edge config-reference                          print the reference of the configuration

--config may be left out where /etc/courtyard-edge/site.yaml is there.
courtyard-edge COMMAND --help tells more; probe and scan with --driver D --help list the options of a driver.
`

type Options = NonNullable<ParseArgsConfig['options']>

/** @throws AppError `edge.usage`. */
export function readOptions<T extends Options>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
  } catch (cause) {
    throw usageError((cause as Error).message)
  }
}

export function usageError(message: string, help = usage): AppError {
  return new AppError(errorCodes.usage, `${message}\n\n${help}`)
}

export function noMore(words: readonly string[]): void {
  if (words.length > 0) throw usageError(`unexpected: ${words.join(' ')}`)
}

/** Where `install.sh` puts the site file. */
const INSTALLED_CONFIG = '/etc/courtyard-edge/site.yaml'

/** On an installed box `--config` may be left out. @throws AppError `edge.usage`. */
export function configFile(value: string | undefined): string {
  if (value !== undefined) return value
  if (existsSync(INSTALLED_CONFIG)) return INSTALLED_CONFIG
  throw usageError('--config is missing')
}

export function print(text: string): 0 {
  process.stdout.write(text)
  return 0
}

/** The language of the person, by the environment (POSIX: LC_ALL before LC_MESSAGES before LANG). */
export function languageOf(environment: NodeJS.ProcessEnv): 'zh' | 'en' {
  const name = environment['LC_ALL'] || environment['LC_MESSAGES'] || environment['LANG'] || ''
  return name.toLowerCase().startsWith('zh') ? 'zh' : 'en'
}

/** Text of a link that must not stand in the list of processes: `-` reads it from standard input. */
export async function readSecretArgument(value: string): Promise<string> {
  if (value !== '-') return value
  let text = ''
  for await (const chunk of process.stdin.setEncoding('utf8') as AsyncIterable<string>) text += chunk
  return text.trim()
}
