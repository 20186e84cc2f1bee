import type { ConfigEditor, SchemaAnswer } from './config-editor.svelte.ts'
import type { Fields } from './paths.ts'
import { label } from '#lib/format/index.svelte.ts'

export type ProfileEntry = SchemaAnswer['drivers'][number]['profiles'][number]

export function profileOf(editor: ConfigEditor, device: Fields): ProfileEntry | null {
  const id = device['profile']
  for (const driver of editor.schema()?.drivers ?? []) {
    const found = driver.profiles.find((profile) => profile.id === id)
    if (found) return found
  }
  return null
}
export function profileLabel(editor: ConfigEditor, device: Fields): string {
  const found = profileOf(editor, device)
  return found ? label(found) : String(device['profile'] ?? '')
}

/** Profiles that hold all the words in a name, id or medium, in either language. */
export function searchProfiles(
  profiles: readonly ProfileEntry[],
  text: string,
  mediumWord: (medium: string) => string,
): ProfileEntry[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  return profiles.filter((profile) => {
    const hay = [profile.id, profile.zh, profile.en, profile.medium, mediumWord(profile.medium)]
      .join(' ')
      .toLowerCase()
    return words.every((word) => hay.includes(word))
  })
}
