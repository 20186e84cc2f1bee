/** The how-to pages do what they say: their commands are run in order, in one shell, against the real programs. */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  freePort,
  freePortRun,
  root,
  startProgram,
  until,
  type RunningProgram,
} from '../support/processes.ts'
import { blocksOf, type Block } from './how-to.ts'

const pages = [
  ...['run-a-site', 'enrol-a-gateway', 'import-meters', 'first-bill-run'],
  ...['back-up-and-restore', 'connect-another-system'],
]
const services = new Map<string, RunningProgram>()
let folder: string
let environment: Record<string, string>
let shell: Shell

/** One bash that keeps its variables from block to block, as a person's terminal does. */
class Shell {
  private readonly child
  private output = ''

  constructor(cwd: string, env: Record<string, string>) {
    this.child = spawn('bash', ['--noprofile', '--norc'], { cwd, env: { ...process.env, ...env } })
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.output += text))
    }
  }

  /** Runs commands until one fails; a failure does not end the shell. Resolves with exit code and output. */
  async run(commands: string): Promise<{ code: number; output: string }> {
    this.output = ''
    const mark = `__done_${Math.random().toString(36).slice(2)}__`
    const guarded = `trap 'failed=\${failed:-$?}' ERR; unset failed\n${commands}\necho "${mark}\${failed:-0}"\n`
    this.child.stdin.write(guarded)
    const code = await until('block', 30_000, () => new RegExp(`${mark}(\\d+)`).exec(this.output)?.[1], 50)
    return { code: Number(code), output: this.output.replace(new RegExp(`${mark}\\d+`), '') }
  }

  end(): void {
    this.child.kill()
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'courtyard-how-to-'))
  const control = String(await freePort())
  environment = {
    COURTYARD_DATA: folder,
    PORT: String(await freePort()),
    MQTT_PORT: String(await freePort()),
    MQTT_TLS_PORT: String(await freePort()),
    STATUS_PORT: String(await freePort()),
    COURTYARD_SIMULATOR_PORT_BASE: String((await freePortRun(12)) - 1),
    COURTYARD_SIMULATOR_CONTROL_PORT: control,
    SIMULATOR_CONTROL_PORT: control,
    ADMIN_PASSWORD: 'not-a-secret-here',
    RESTORED_PORT: String(await freePort()),
    RECEIVER_PORT: String(await freePort()),
    WEBHOOK_LOOPBACK: 'on',
  }
  shell = new Shell(root, environment)
  // The pages speak of the repository's folder; what they write must not land there.
  await shell.run(`cd ${folder} && npm() { (cd ${root} && PWD=${folder} command npm "$@"); }`)
})

afterAll(async () => {
  shell.end()
  for (const service of [...services.values()].reverse()) await service.stop()
  await rm(folder, { recursive: true, force: true })
})

async function startService(block: Block): Promise<void> {
  const command = block.commands.replaceAll('$PWD', folder)
  const program = startProgram(['-c', `exec ${command}`], { command: 'bash', env: environment, group: true })
  services.set(block.service!, program)
  if (block.service === 'hub') {
    const link = await until(
      'setup link',
      60_000,
      () => /setup\?token=([\w.~-]+)/.exec(program.output())?.[1],
    )
    await shell.run(`SETUP_TOKEN=${link}`)
  }
  if (block.service === 'simulator')
    await until('simulator', 30_000, () => program.output().includes('ready'))
}

async function runBlock(block: Block): Promise<void> {
  if (block.service) return startService(block)
  const deadline = Date.now() + 90_000
  for (;;) {
    const { code, output } = await shell.run(block.commands)
    if (code === 0) return
    if (!block.eventually || Date.now() > deadline) {
      throw new Error(`${block.page}: exit code ${code}\n${block.commands}\n${output}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 1_000))
  }
}

test.each(pages)('%s', async (page) => {
  const blocks = blocksOf(`docs/how-to/${page}.md`)
  expect(blocks.length).toBeGreaterThan(1)
  for (const block of blocks) await runBlock(block)
})
