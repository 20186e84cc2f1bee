/** Two pseudo-terminals joined by Debian's socat: a serial line with a plug that can be pulled. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const socatInstalled = spawnSync('socat', ['-V']).status === 0

export class PtyPair {
  private readonly folder = mkdtempSync(join(tmpdir(), 'courtyard-pty-'))
  /** The gateway's end. */
  readonly path = join(this.folder, 'gateway')
  /** The device's end. */
  readonly devicePath = join(this.folder, 'device')
  private socat: ChildProcess | null = null

  static async start(): Promise<PtyPair> {
    const pair = new PtyPair()
    await pair.plugIn()
    return pair
  }

  /** Resolves when both ends are there. */
  async plugIn(): Promise<void> {
    const end = (path: string) => `pty,raw,echo=0,link=${path}`
    this.socat = spawn('socat', [end(this.path), end(this.devicePath)], { stdio: 'ignore' })
    await waitFor([this.path, this.devicePath])
  }

  async unplug(): Promise<void> {
    const { socat } = this
    this.socat = null
    if (socat) await ended(socat)
  }

  async stop(): Promise<void> {
    await this.unplug()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** A pseudo-terminal whose other end is a TCP connection; it goes when the connection goes. */
export class PtyTail {
  readonly path: string
  private readonly folder: string
  private readonly socat: ChildProcess

  private constructor(folder: string, path: string, socat: ChildProcess) {
    this.folder = folder
    this.path = path
    this.socat = socat
  }

  static async start(port: number): Promise<PtyTail> {
    const folder = mkdtempSync(join(tmpdir(), 'courtyard-pty-'))
    const path = join(folder, 'port')
    const socat = spawn('socat', [`pty,raw,echo=0,link=${path}`, `tcp:127.0.0.1:${port}`], {
      stdio: 'ignore',
    })
    await waitFor([path])
    return new PtyTail(folder, path, socat)
  }

  async stop(): Promise<void> {
    await ended(this.socat)
    rmSync(this.folder, { recursive: true, force: true })
  }
}

async function waitFor(paths: readonly string[]): Promise<void> {
  for (let round = 0; round < 300; round++) {
    if (paths.every((path) => existsSync(path))) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error('socat has made no pseudo-terminal')
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await exit
}
