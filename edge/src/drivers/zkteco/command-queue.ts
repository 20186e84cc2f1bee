/**
 * Commands that wait until a push terminal asks for them. What was handed out is never handed out again, whether the
 * answer reached the terminal or not.
 */
import { commandLine } from '@courtyard/protocols/zkteco'

/** - `withdrawn`: never handed out · `unanswered`: handed out, nothing came back · `code`: the terminal's result */
export type CommandResult =
  | { readonly kind: 'withdrawn' | 'unanswered' }
  | { readonly kind: 'code'; readonly code: number }

interface Entry {
  readonly id: string
  readonly text: string
  readonly settle: (result: CommandResult) => void
  timer: NodeJS.Timeout
}

/** Bytes and commands of one answer. */
const MAX_ANSWER_BYTES = 32_768
const MAX_COMMANDS = 50

export class CommandQueue {
  private readonly waitMs: number
  private readonly waiting = new Map<string, Entry>()
  private readonly sent = new Map<string, Entry>()
  /** Begins at the clock, so that a result for a command of an earlier process is not taken for one of this. */
  private nextId = Math.floor(Date.now() / 1_000) % 1_000_000_000

  constructor(waitMs: number) {
    this.waitMs = waitMs
  }

  /** Resolves when the terminal has answered, or after `waitMs` without it having fetched, or answered, anything. */
  async run(texts: readonly string[]): Promise<CommandResult[]> {
    return Promise.all(
      texts.map((text) => new Promise<CommandResult>((settle) => this.enqueue(text, settle))),
    )
  }

  /** Lines for one answer; empty when nothing waits. */
  take(): string {
    let answer = ''
    let count = 0
    for (const entry of [...this.waiting.values()]) {
      const line = commandLine(entry.id, entry.text)
      if (answer !== '' && (answer.length + line.length > MAX_ANSWER_BYTES || count === MAX_COMMANDS)) break
      answer += line
      count += 1
      this.waiting.delete(entry.id)
      this.sent.set(entry.id, entry)
    }
    if (count > 0) this.touch()
    return answer
  }

  settle(id: string, code: number): void {
    const entry = this.sent.get(id)
    if (!entry) return
    this.sent.delete(id)
    clearTimeout(entry.timer)
    entry.settle({ kind: 'code', code })
    this.touch()
  }

  stop(): void {
    for (const entry of [...this.waiting.values(), ...this.sent.values()]) this.expire(entry)
  }

  private enqueue(text: string, settle: (result: CommandResult) => void): void {
    const id = String(this.nextId++)
    const entry: Entry = { id, text, settle, timer: setTimeout(() => this.expire(entry), this.waitMs) }
    this.waiting.set(id, entry)
  }

  /** The terminal is at work: the others' time begins anew. */
  private touch(): void {
    for (const entry of [...this.waiting.values(), ...this.sent.values()]) {
      clearTimeout(entry.timer)
      entry.timer = setTimeout(() => this.expire(entry), this.waitMs)
    }
  }

  private expire(entry: Entry): void {
    clearTimeout(entry.timer)
    const kind = this.waiting.delete(entry.id) ? 'withdrawn' : 'unanswered'
    this.sent.delete(entry.id)
    entry.settle({ kind })
  }
}
