/**
 * The page of device models, made of the profile files: `node test/docs/profiles-page.ts > docs/profiles.md`. Sources
 * stand once below each table and are cited by number: the tables stay readable, and a new file changes one section.
 */
import { format } from 'oxfmt'
import { loadProfiles, type DeviceProfile } from '@courtyard/protocols/profile'
import { cjt188Vectors, dlt645Vectors } from '../catalogue/vectors/meter-line.ts'
import { modbusVectors } from '../catalogue/vectors/modbus.ts'
import { zktecoVectors } from '../catalogue/vectors/zkteco.ts'

/** Profiles that are proved against bytes written by hand or captured by others. */
const withVectors = new Set([
  ...[...modbusVectors, ...zktecoVectors].map(([profile]) => profile),
  ...[...dlt645Vectors, ...cjt188Vectors].map(({ profile }) => profile),
])

/** Formatted as the house formats its pages. */
export async function profilesPage(): Promise<string> {
  const profiles = [...loadProfiles().values()]
  const drivers = [...new Set(profiles.map(({ driver }) => driver))].sort()
  const text = [
    '# 设备型号 · Device models',
    '',
    `${profiles.length} profiles. This page is made of [the files](../protocols/profiles/README.md) by`,
    '`node test/docs/profiles-page.ts > docs/profiles.md`; a test sees to it that it is up to date.',
    '',
    'Every profile is read from a simulated device that is built from the same file. Column "checked" names what it was',
    'tried against beyond that: "bytes" are replies that our encoders did not make, the rest are devices and programs of',
    'others. Numbers lead to the sources below each table. Contested registers are in the notes of each file.',
    ...drivers.flatMap((driver) =>
      section(
        driver,
        profiles.filter((profile) => profile.driver === driver),
      ),
    ),
  ].join('\n')
  return (await format('profiles.md', text)).code
}

function section(driver: string, profiles: readonly DeviceProfile[]): string[] {
  const sources = [...new Set(profiles.flatMap((profile) => profile.sources))]
  const cite = (source: string) => String(sources.indexOf(source) + 1)
  return [
    '',
    `## ${driver}`,
    '',
    '| Profile | 名称 | Maker and model | Medium | Points | Commands | Checked | Sources |',
    '| --- | --- | --- | --- | ---: | --- | --- | --- |',
    ...profiles.map((profile) => {
      const { id, label, manufacturer, model, medium, points, commands } = profile
      const cells = [
        `[${id}](../protocols/profiles/${id}.json)`,
        cell(label.zh),
        cell(`${manufacturer} ${model}`),
        medium,
        points.length,
        commands.map(({ key }) => key).join(', ') || '–',
        cell(checked(profile).join('; ') || '–'),
        profile.sources.map(cite).join(', '),
      ]
      return `| ${cells.join(' | ')} |`
    }),
    '',
    'Sources:',
    '',
    ...sources.map((source, index) => `${index + 1}. ${inert(source)}`),
    '',
  ]
}

function checked({ id, checkedAgainst }: DeviceProfile): string[] {
  return [...(withVectors.has(id) ? ['bytes'] : []), ...checkedAgainst]
}

function cell(text: string): string {
  return inert(text).replaceAll('|', '\\|')
}

/** Text that Markdown takes as it is: topics have angle brackets, file names stars; `_` inside a word is plain. */
function inert(text: string): string {
  return text.replace(/[\\`*<>[\]]|(?<!\w)_|_(?!\w)/g, '\\$&')
}

if (import.meta.main) process.stdout.write(await profilesPage())
