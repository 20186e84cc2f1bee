/** The device models that we know: every file of `protocols/profiles/`. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError, type InputIssue } from '../contract/app-error.ts'
import { ProfileErrorCode } from './errors.ts'
import { DeviceProfile } from './profile.schema.ts'
import { checkProfile } from './semantics.ts'

export const PROFILE_FOLDER = join(import.meta.dirname, '../../profiles')

/** A fault of a profile file. */
export interface ProfileIssue extends InputIssue {
  readonly file: string
}

let own: ReadonlyMap<string, DeviceProfile> | undefined

/**
 * Reads every `*.json` of the folder into a map by profile id, which is also the file's name. Synchronous; the files that
 * come with the program are read once. Throws AppError `profile.invalid` with all faults of all files in `details.issues`.
 */
export function loadProfiles(folder: string = PROFILE_FOLDER): Map<string, DeviceProfile> {
  return new Map(folder === PROFILE_FOLDER ? (own ??= readProfiles(folder)) : readProfiles(folder))
}

function readProfiles(folder: string): Map<string, DeviceProfile> {
  const profiles = new Map<string, DeviceProfile>()
  const issues: ProfileIssue[] = []
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'))
  for (const file of files.sort()) {
    const result = parseProfile(file, readFileSync(join(folder, file), 'utf8'))
    if (result.profile) profiles.set(result.profile.id, result.profile)
    else issues.push(...result.issues)
  }
  if (issues.length > 0) {
    const lines = issues.map((issue) => `  ${issue.file}: ${issue.path || '(file)'}: ${issue.reason}`)
    throw new AppError(ProfileErrorCode.invalid, `device profiles are wrong:\n${lines.join('\n')}`, {
      details: { issues },
    })
  }
  return profiles
}

/** One file's text → its profile, or all that is wrong with it. */
export function parseProfile(
  file: string,
  text: string,
): { profile: DeviceProfile; issues?: undefined } | { profile?: undefined; issues: ProfileIssue[] } {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    return { issues: [{ file, path: '', reason: `not JSON: ${(error as Error).message}` }] }
  }
  const parsed = DeviceProfile.safeParse(json)
  if (!parsed.success) {
    return {
      issues: parsed.error.issues.map((issue) => ({
        file,
        path: pathText(issue.path),
        reason: issue.message,
      })),
    }
  }
  const issues: ProfileIssue[] = checkProfile(parsed.data).map((issue) => ({ file, ...issue }))
  if (`${parsed.data.id}.json` !== file)
    issues.push({ file, path: 'id', reason: 'differs from the name of the file' })
  return issues.length > 0 ? { issues } : { profile: parsed.data }
}

function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '')
}
