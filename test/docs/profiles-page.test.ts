import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../support/processes.ts'
import { profilesPage } from './profiles-page.ts'

test('docs/profiles.md is what the files say (node test/docs/profiles-page.ts > docs/profiles.md)', async () => {
  expect(readFileSync(join(root, 'docs/profiles.md'), 'utf8')).toBe(await profilesPage())
})
