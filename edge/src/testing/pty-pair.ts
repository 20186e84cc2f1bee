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
    for (let round = 0; round < 200; round++) {
      if (existsSync(this.path) && existsSync(this.devicePath)) return
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    throw new Error('socat has made no pseudo-terminals')
  }

  async unplug(): Promise<void> {
    const { socat } = this
    this.socat = null
    if (!socat || socat.exitCode !== null || socat.signalCode !== null) return
    const ended = new Promise((resolve) => socat.once('exit', resolve))
    socat.kill('SIGTERM')
    await ended
  }

  async stop(): Promise<void> {
    await this.unplug()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
