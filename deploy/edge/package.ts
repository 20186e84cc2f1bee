/**
 * `npm run package:edge`: the agent as one folder that needs nothing of its machine but a kernel and a C library:
 * Node, the code, its production dependencies and the profiles. It is made for the machine that makes it; for another
 * processor run it there, or take the container.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs' // prettier-ignore
import { createRequire } from 'node:module'
import { basename, dirname, join, relative, sep } from 'node:path'
import { parseArgs } from 'node:util'

const root = join(import.meta.dirname, '../..')

interface LockedPackage {
  readonly link?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
}
type Lock = Readonly<Record<string, LockedPackage>>

/** Folders below `node_modules` that the workspaces need to run, by the lock file. */
function productionFolders(lock: Lock, workspaces: readonly string[]): string[] {
  const found = new Set<string>()
  const waiting = [...workspaces]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for (const [name, optional] of neededBy(lock[at] ?? {})) {
      const folder = resolveFrom(lock, at, name)
      if (folder === null && !optional)
        throw new Error(`${name}, which ${at} needs, is not in package-lock.json`)
      if (folder === null || found.has(folder) || lock[folder]!.link) continue
      if (!existsSync(join(root, folder))) {
        if (optional) continue
        throw new Error(`${folder} is not installed: run npm ci`)
      }
      found.add(folder)
      waiting.push(folder)
    }
  }
  return [...found].sort()
}

function neededBy(locked: LockedPackage): [string, boolean][] {
  const { dependencies = {}, optionalDependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = locked
  return [
    ...Object.keys(dependencies).map((name): [string, boolean] => [name, name in optionalDependencies]),
    ...Object.keys(optionalDependencies).map((name): [string, boolean] => [name, true]),
    ...Object.keys(peerDependencies).map((name): [string, boolean] => [name, peerDependenciesMeta[name]?.optional ?? false]),
  ]
} // prettier-ignore

/** As Node resolves: in the package's own `node_modules`, then in those of the folders above. */
function resolveFrom(lock: Lock, at: string, name: string): string | null {
  for (let folder = at; ; folder = dirname(folder)) {
    const candidate = join(folder === '.' ? '' : folder, 'node_modules', name)
    if (candidate in lock) return candidate
    if (folder === '.' || folder === '') return null
  }
}

/** What a program never reads; licences stay. */
function isWanted(source: string): boolean {
  const name = basename(source)
  if (/\.(map|tsbuildinfo)$|\.d\.[cm]?ts$|^(README|CHANGELOG|HISTORY)(\.\w+)?$/i.test(name)) return false
  const prebuild = /prebuilds\/([^/]+)/.exec(source.split(sep).join('/'))
  return prebuild === null || prebuild[1]!.startsWith(`${process.platform}-`) && prebuild[1]!.includes(process.arch)
} // prettier-ignore

function isProduct(source: string): boolean {
  return !/\.test\.ts$|\/src\/testing(\/|$)|\/node_modules(\/|$)|\/fixtures(\/|$)|\/fuzz(\/|$)/.test(source)
}

function copyDependencies(target: string): void {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: Lock }
  for (const folder of productionFolders(packages, ['edge', 'protocols'])) {
    // What is nested belongs to the closure by itself.
    const nested = join(root, folder, 'node_modules')
    const filter = (source: string) => source !== nested && isWanted(source)
    cpSync(join(root, folder), join(target, folder), { recursive: true, filter, dereference: true })
  }
  mkdirSync(join(target, 'node_modules/@courtyard'), { recursive: true })
  // Type stripping is for files outside node_modules; the link leads there, and goes where the folder goes.
  symlinkSync('../../protocols', join(target, 'node_modules/@courtyard/protocols'))
}

function copyNode(target: string): void {
  const require = createRequire(join(root, 'package.json'))
  const binary = join(dirname(require.resolve('node/package.json')), 'bin/node')
  mkdirSync(target, { recursive: true })
  cpSync(realpathSync(binary), join(target, 'node'))
  chmodSync(join(target, 'node'), 0o755)
}

export function packageEdge(target: string): void {
  rmSync(target, { recursive: true, force: true })
  const app = join(target, 'app')
  for (const workspace of ['edge', 'protocols']) {
    cpSync(join(root, workspace), join(app, workspace), { recursive: true, filter: (source) => isProduct(`/${relative(root, source)}`) }) // prettier-ignore
  }
  const { version, license } = JSON.parse(readFileSync(join(root, 'edge/package.json'), 'utf8')) as Record<string, string> // prettier-ignore
  writeFileSync(join(app, 'package.json'), `${JSON.stringify({ name: 'courtyard-edge', version, license, private: true, type: 'module' }, null, 2)}\n`) // prettier-ignore
  copyDependencies(app)
  copyNode(join(target, 'bin'))
  for (const file of [
    'courtyard-edge',
    'install.sh',
    'courtyard-edge.service',
    'site.example.yaml',
    'README.md',
  ]) {
    cpSync(join(import.meta.dirname, file), join(target, file))
  }
  for (const program of ['courtyard-edge', 'install.sh']) chmodSync(join(target, program), 0o755)
  for (const file of ['LICENSE', 'NOTICE']) {
    if (existsSync(join(root, file))) cpSync(join(root, file), join(target, file))
  }
}

function archive(target: string): string {
  const file = `${target}-${process.platform}-${process.arch}.tar.gz`
  const { status, stderr } = spawnSync('tar', ['-czf', file, '--owner=0', '--group=0', '-C', dirname(target), basename(target)], { encoding: 'utf8' }) // prettier-ignore
  if (status !== 0) throw new Error(`tar failed: ${stderr}`)
  return file
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { out: { type: 'string', default: join(root, 'dist/courtyard-edge') }, archive: { type: 'boolean', default: true } }, allowNegative: true }) // prettier-ignore
  packageEdge(values.out)
  process.stdout.write(`${values.out}\n`)
  if (values.archive) process.stdout.write(`${archive(values.out)}\n`)
}
