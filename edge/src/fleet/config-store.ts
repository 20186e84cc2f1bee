/**
 * The configurations from the hub on this gateway's disk: one file per revision, and one small file that says which of
 * them counts. That file is replaced as a whole, so at any instant, whatever is killed, either the old or the new
 * revision counts, and it is there completely.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { AppError, ConfigIssue, ManagedConfig } from '@courtyard/protocols/contract'
import { errorCodes } from '../errors.ts'
import { removeWholeFile, writeWholeFile } from '../whole-file.ts'

const Outcome = z.strictObject({
  revision: z.uuid(),
  state: z.enum(['refused', 'rolledBack']),
  atMs: z.number().int(),
  issues: z.array(ConfigIssue),
})
export type Outcome = z.infer<typeof Outcome>

const Pointer = z.strictObject({
  /** The revision that counts; null: the box's own file. */
  current: z.uuid().nullable(),
  /** What counted before, to go back to. */
  previous: z.uuid().nullable(),
  /** Set while `current` is on trial: how often the agent has been started with it. */
  trial: z.strictObject({ starts: z.number().int().nonnegative() }).nullable(),
  /** What became of the last revision that did not work. */
  outcome: Outcome.nullable(),
})
export type Pointer = z.infer<typeof Pointer>

const nothing: Pointer = { current: null, previous: null, trial: null, outcome: null }
const REVISION_FILE = /^config-([0-9a-f-]{36})\.json$/

export class ConfigStore {
  private readonly folder: string
  private readonly pointerFile: string

  constructor(dataDir: string) {
    this.folder = dataDir
    this.pointerFile = join(dataDir, 'config-pointer.json')
  }

  /** @throws AppError `edge.config_store` when the file is there and says nothing sensible. */
  read(): Pointer {
    const text = readIfThere(this.pointerFile)
    return text === null ? nothing : parse(Pointer, text, this.pointerFile)
  }

  /** @throws AppError `edge.config_store` when it is missing or damaged. */
  config(revision: string): ManagedConfig {
    const file = this.fileOf(revision)
    const text = readIfThere(file)
    if (text === null) throw new AppError(errorCodes.configStore, `${file} is missing`)
    return parse(ManagedConfig, text, file)
  }

  /** From the return on, the revision counts, on trial. */
  begin(revision: string, config: ManagedConfig): void {
    const { current, outcome } = this.read()
    writeWholeFile(this.fileOf(revision), `${JSON.stringify(config, null, 1)}\n`)
    this.write({ current: revision, previous: current, trial: { starts: 0 }, outcome })
  }

  /** The agent is being started with the revision on trial. */
  countStart(): void {
    const pointer = this.read()
    if (pointer.trial) this.write({ ...pointer, trial: { starts: pointer.trial.starts + 1 } })
  }

  forgetStarts(): void {
    const pointer = this.read()
    if (pointer.trial) this.write({ ...pointer, trial: { starts: 0 } })
  }

  /** The revision on trial works. */
  settle(): void {
    const { current } = this.read()
    this.write({ current, previous: null, trial: null, outcome: null })
    this.removeOthers(current)
  }

  /** What counted before the current revision counts again. */
  rollBack(outcome: Outcome): void {
    const { previous } = this.read()
    this.write({ current: previous, previous: null, trial: null, outcome })
    this.removeOthers(previous)
  }

  /** The box's own file counts from now on. */
  leave(): void {
    removeWholeFile(this.pointerFile)
    this.removeOthers(null)
  }

  private write(pointer: Pointer): void {
    writeWholeFile(this.pointerFile, `${JSON.stringify(pointer, null, 1)}\n`)
  }

  private fileOf(revision: string): string {
    return join(this.folder, `config-${revision}.json`)
  }

  private removeOthers(kept: string | null): void {
    for (const name of readdirSync(this.folder)) {
      const revision = REVISION_FILE.exec(name)?.[1]
      if (revision !== undefined && revision !== kept) removeWholeFile(join(this.folder, name))
    }
  }
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes((cause as NodeJS.ErrnoException).code ?? '')) return null
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause)
    throw new AppError(errorCodes.configStore, `${file} cannot be read: ${reason}`, { cause })
  }
}

/** The content may hold secrets, so what is wrong with it is not quoted. */
function parse<T>(schema: z.ZodType<T>, text: string, file: string): T {
  try {
    return schema.parse(JSON.parse(text))
  } catch {
    throw new AppError(errorCodes.configStore, `${file} is damaged`, { details: { damaged: true } })
  }
}
