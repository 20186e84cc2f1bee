import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HubClient } from '../../demo/hub-client.ts'
import { SimulatorControl } from '../../demo/simulated-site.ts'
import { freePort, startProgram, until, type RunningProgram } from './processes.ts'

/** `npm start` on a folder and port of its own, with a history that is just long enough to bill last month. */
export class RunningDemo {
  readonly url: string
  readonly program: RunningProgram
  private constructor(program: RunningProgram, port: number) {
    this.program = program
    this.url = `http://localhost:${port}`
  }

  static async start(folder: string): Promise<RunningDemo> {
    const port = await freePort()
    const env = {
      COURTYARD_DATA: folder,
      PORT: String(port),
      DEMO_HISTORY_DAYS: '1',
      DEMO_HISTORY_STEP_MINUTES: '60',
    }
    return new RunningDemo(startProgram(['demo/start.ts'], { env }), port)
  }

  /** Waits for a line that the demo prints, in English; fails at once when the demo ends before. */
  async saw(text: string | RegExp, timeoutMs: number): Promise<RegExpExecArray> {
    const pattern = typeof text === 'string' ? new RegExp(text) : text
    let ended: number | string | null = null
    void this.program.exited.then((code) => (ended = code))
    return until(`demo: ${text}`, timeoutMs, () => {
      const found = pattern.exec(this.program.output())
      if (found) return found
      if (ended !== null || this.program.output().includes('✗')) throw new Error(this.program.output())
      return null
    })
  }

  async password(): Promise<string> {
    return (await this.saw(/password: (\S+)/, 150_000))[1]!
  }

  async signedIn(username: string): Promise<HubClient> {
    const hub = new HubClient(this.url)
    await hub.signIn(username, await this.password())
    return hub
  }

  async simulator(): Promise<SimulatorControl> {
    return new SimulatorControl(Number((await this.saw(/control (\d+)/, 60_000))[1]))
  }

  /** As Ctrl-C does it. Resolves with the exit code and the milliseconds that it took. */
  async interrupt(): Promise<{ code: number | string; ms: number }> {
    const began = Date.now()
    this.program.child.kill('SIGINT')
    const code = await this.program.exited
    return { code, ms: Date.now() - began }
  }
}

export async function temporaryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'courtyard-demo-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}
