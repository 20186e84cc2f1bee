import { randomInt, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'

/** What the demo must remember from one start to the next; kept in `data/demo.json`, readable by its owner only. */
const DemoState = z.object({
  seed: z.number().int(),
  /** Minutes between the readings of the history. */
  stepMinutes: z.number().int(),
  /** Of all four demo accounts; random for each data folder, so that no installation shares it. */
  password: z.string(),
  ports: z
    .object({
      mqtt: z.number(),
      mqttTls: z.number(),
      edgeStatus: z.number(),
      simulatorControl: z.number(),
      meters: z.number(),
      devices: z.number(),
    })
    .partial(),
  /** Span of the history; fixed at the first start, so that a repeated import brings the same lines. */
  history: z.object({ from: z.iso.datetime(), to: z.iso.datetime() }),
  /** Month of the bills that the demo issues, `2026-10`. */
  billMonth: z.string(),
  /** Steps that need not be looked at again. */
  done: z.array(z.enum(['estate', 'people', 'history', 'bills'])),
})
export type DemoState = z.infer<typeof DemoState>
export type DemoStep = DemoState['done'][number]

export class StateFile {
  readonly path: string
  value: DemoState

  private constructor(path: string, value: DemoState) {
    this.path = path
    this.value = value
  }

  /** Reads the state, or makes it with `first`. A file that does not parse is an error, never overwritten. */
  static async open(dataFolder: string, first: () => DemoState): Promise<StateFile> {
    await mkdir(dataFolder, { recursive: true })
    const path = join(dataFolder, 'demo.json')
    if (existsSync(path)) {
      return new StateFile(path, DemoState.parse(JSON.parse(await readFile(path, 'utf8'))))
    }
    const file = new StateFile(path, first())
    await file.save({})
    return file
  }

  async save(change: Partial<DemoState>): Promise<void> {
    this.value = { ...this.value, ...change }
    await writeWhole(this.path, JSON.stringify(this.value, null, 2) + '\n')
  }

  isDone(step: DemoStep): boolean {
    return this.value.done.includes(step)
  }

  async markDone(step: DemoStep): Promise<void> {
    await this.save({ done: [...new Set([...this.value.done, step])] })
  }
}

/** Writes a file so that a kill at any moment leaves the old or the new one, readable by its owner only. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}`
  const file = await open(temporary, 'w', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
}

/** Easy to read out, hard to guess: about 60 bits. */
export function newPassword(): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789'
  const group = () => Array.from({ length: 4 }, () => letters[randomInt(letters.length)]).join('')
  return [group(), group(), group()].join('-')
}
