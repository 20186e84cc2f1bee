import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { cruise, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser'
import { expect, test } from 'vitest'
import { importRules } from './import-rules.ts'

const root = join(import.meta.dirname, '../..')
const folders = ['protocols', 'edge', 'hub', 'simulators', 'ui', 'demo']

async function violations(baseDir: string, paths: string[], rules: IForbiddenRuleType[]): Promise<string[]> {
  const { output } = await cruise(
    paths,
    {
      baseDir,
      ruleSet: { forbidden: rules },
      validate: true,
      outputType: 'json',
      tsPreCompilationDeps: true,
      skipAnalysisNotInRules: true,
      doNotFollow: { path: 'node_modules' },
      exclude: { path: '(^|/)(build|\\.svelte-kit|checks|paraglide)/' },
      enhancedResolveOptions: {
        exportsFields: ['exports'],
        conditionNames: ['import', 'node', 'default'],
        extensions: ['.ts', '.js', '.mjs', '.json', '.svelte'],
      },
    },
    {},
  )
  const result = (typeof output === 'string' ? JSON.parse(output) : output) as ICruiseResult
  return result.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)
}

test('imports follow the drawing of the house', { timeout: 120_000 }, async () => {
  expect(await violations(root, folders, importRules)).toEqual([])
})

test('the rules see what they forbid', { timeout: 60_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'courtyard-rules-'))
  const files: Record<string, string> = {
    'edge/src/a.ts': `import { b } from '../../hub/src/platform/b.ts'\nexport const a = b\n`,
    'hub/src/platform/b.ts': `import { c } from '../modules/water/index.ts'\nexport const b = c\n`,
    'hub/src/modules/water/index.ts': `export { d as c } from '../fire/domain/d.ts'\n`,
    'hub/src/modules/fire/domain/d.ts': `import { readFileSync } from 'node:fs'\nexport const d = readFileSync\n`,
    'protocols/src/contract/e.ts': `import type { Socket } from 'node:net'\nexport type E = Socket\n`,
  }
  try {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(join(folder, dirname(path)), { recursive: true })
      await writeFile(join(folder, path), text)
    }
    const found = await violations(folder, ['edge', 'hub', 'protocols'], importRules)
    for (const rule of [
      'edge-stands-alone',
      'platform-knows-no-module',
      'modules-through-index',
      'node-core-stays-out-of-domain',
      'contract-runs-in-a-browser',
    ]) {
      expect(found.filter((line) => line.startsWith(`${rule}:`))).not.toEqual([])
    }
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('every folder that is checked is there', () => {
  for (const folder of folders) expect(existsSync(join(root, folder))).toBe(true)
})
