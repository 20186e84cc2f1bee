/** The folder that a site engineer carries to a box: made, moved, and run where there is nothing else. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { packageEdge } from '../../deploy/edge/package.ts'
import { root } from '../support/processes.ts'

let folder: string
let box: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'courtyard-package-'))
  const made = join(folder, 'made', 'courtyard-edge')
  packageEdge(made)
  box = join(folder, 'a box with spaces')
  renameSync(made, box)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Nothing in the environment, another folder, no PATH. */
function run(args: readonly string[], program = join(box, 'courtyard-edge')) {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: '/',
    env: { PATH: '' },
    encoding: 'utf8',
  })
  return { code: status, out: stdout, err: stderr }
}

test('it runs with an empty environment, from anywhere, with its own Node', () => {
  expect(run(['--help'])).toMatchObject({ code: 0, err: '' })
  expect(run(['profiles', '--search', 'eastron sdm630']).out).toContain('eastron-sdm630')
  expect(run(['--version'], join(box, 'bin/node')).out.trim()).toBe(process.version)
})

test('a fresh box comes up with the example file: status page, no devices', async () => {
  const site = join(folder, 'site.yaml')
  const example = readFileSync(join(box, 'site.example.yaml'), 'utf8')
  writeFileSync(site, `${example.replace('/var/lib/courtyard-edge', './data')}  statusPort: 0\n`)
  expect(run(['check', '--config', site])).toMatchObject({ code: 0, err: '' })
  const agent = spawn(join(box, 'courtyard-edge'), ['--config', site], {
    cwd: '/',
    env: { PATH: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    let url = ''
    for await (const line of createInterface({ input: agent.stdout })) {
      url = /status at (http:[^"]+)/.exec(line)?.[1] ?? ''
      if (url) break
    }
    const state = (await (await fetch(`${url}/status.json`)).json()) as { buses: unknown[] }
    expect(state.buses).toEqual([])
  } finally {
    agent.kill('SIGTERM')
    await once(agent, 'exit')
  }
  expect(statSync(join(folder, 'data', 'outbox.sqlite')).size).toBeGreaterThan(0)
})

test('every driver of the registry loads there, serial ports and certificates included', () => {
  const code = `
    const { driverDefinitions } = await import(${JSON.stringify(join(box, 'app/edge/src/drivers/registry.ts'))})
    const { makeKeyAndRequest } = await import(${JSON.stringify(join(box, 'app/edge/src/uplink/certificate.ts'))})
    const { createRequire } = await import('node:module')
    const { SerialPort } = createRequire(${JSON.stringify(join(box, 'app/edge/package.json'))})('serialport')
    const serial = await new Promise((tell) => new SerialPort({ path: '/dev/none', baudRate: 9600 }, (error) => tell(error.message)))
    const { csr } = await makeKeyAndRequest()
    console.log(JSON.stringify({ drivers: driverDefinitions.map(({ id }) => id), serial, csr: csr.slice(0, 35) }))`
  const { code: status, out, err } = run(['--input-type=module', '-e', code], join(box, 'bin/node'))
  expect(err).toBe('')
  expect(status).toBe(0)
  const answer = JSON.parse(out) as { drivers: string[]; serial: string; csr: string }
  expect(answer.drivers).toContain('modbus')
  expect(answer.serial).toMatch(/No such file/)
  expect(answer.csr).toBe('-----BEGIN CERTIFICATE REQUEST-----')
})

test('nothing of the workshop is in it: no tests, no links out of it, no development tools', () => {
  const names = readdirSync(join(box, 'app'), { recursive: true, encoding: 'utf8' })
  expect(names.filter((name) => /^(edge|protocols)\/.*(\.test\.ts$|\/testing\/)/.test(name))).toEqual([])
  for (const tool of ['vitest', 'typescript', 'eslint', 'prisma', 'svelte', 'aedes']) {
    expect(existsSync(join(box, 'app/node_modules', tool)), tool).toBe(false)
  }
  expect(realpathSync(join(box, 'app/node_modules/@courtyard/protocols'))).toBe(
    realpathSync(join(box, 'app/protocols')),
  )
})

test('install.sh puts program, unit, wrapper and a site file in place, and leaves the site file at an update', () => {
  const destination = join(folder, 'root')
  const install = () =>
    spawnSync('sh', [join(box, 'install.sh')], {
      env: { PATH: '/usr/bin:/bin', DESTDIR: destination },
      encoding: 'utf8',
    })
  expect(install()).toMatchObject({ status: 0, stderr: '' })
  const site = join(destination, 'etc/courtyard-edge/site.yaml')
  expect(statSync(site).mode & 0o777).toBe(0o640)
  writeFileSync(site, 'mine')
  expect(install()).toMatchObject({ status: 0, stderr: '' })
  expect(readFileSync(site, 'utf8')).toBe('mine')
  expect(existsSync(join(destination, 'opt/courtyard-edge.old/courtyard-edge'))).toBe(true)
  expect(run(['--help'], join(destination, 'opt/courtyard-edge/courtyard-edge')).code).toBe(0)
  const unit = readFileSync(join(destination, 'etc/systemd/system/courtyard-edge.service'), 'utf8')
  const [, program, config] = /^ExecStart=(\S+) --config (\S+)$/m.exec(unit)!
  expect(existsSync(join(destination, program!))).toBe(true)
  expect(existsSync(join(destination, config!))).toBe(true)
})

const analyze = spawnSync('systemd-analyze', ['--version']).status === 0

test.skipIf(!analyze && !process.env['CI'])(
  'systemd finds no fault in the unit, and calls it well protected',
  () => {
    const unit = join(folder, 'courtyard-edge.service')
    const text = readFileSync(join(box, 'courtyard-edge.service'), 'utf8')
    // The program has to be where the unit says; systemd splits at spaces, so it is called by a way without.
    const program = join(folder, 'root/opt/courtyard-edge/courtyard-edge')
    writeFileSync(unit, text.replace('/opt/courtyard-edge/courtyard-edge', program))
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' })
    expect(stderr.split('\n').filter((line) => line.includes('courtyard-edge.service'))).toEqual([])
    expect(status).toBe(0)
    const { stdout } = spawnSync('systemd-analyze', ['security', '--offline=true', '--threshold=30', unit], {
      encoding: 'utf8',
    })
    expect(stdout).toMatch(/Overall exposure level[^:]*: [0-2]\.\d/)
  },
)

test('the image of the edge runs on both processors: no dependency is made for one only', () => {
  const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8')
  const stage = dockerfile.split(/^FROM /m).find((part) => /^\S+ AS edge\n/.test(part))!
  expect(stage).toMatch(/^USER node$/m)
  expect(stage).toMatch(/^HEALTHCHECK /m)
  expect(dockerfile).toMatch(/^FROM node:24-\w+-slim AS manifests$/m)
  expect(dockerfile.replaceAll(/^#.*$/gm, '')).not.toMatch(/--platform|amd64|x64/)
  // Everything native comes prebuilt for both, with glibc as in the image.
  const modules = join(box, 'app/node_modules')
  const native = readdirSync(modules, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.node'),
  )
  const packages = new Set(native.map((name) => /^(@[^/]+\/[^/]+|[^/]+)/.exec(name)![1]!))
  for (const name of packages) {
    const prebuilds = readdirSync(join(root, 'node_modules', name, 'prebuilds'))
    expect(prebuilds, name).toEqual(expect.arrayContaining(['linux-x64', 'linux-arm64']))
  }
})
