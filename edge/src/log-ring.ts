/** The last lines of the log, in memory, for whoever looks from the hub; and the last gate that a secret has to pass. */
import type { LogLine } from '@courtyard/protocols/contract'

/** Bytes of lines that are kept. */
const KEPT_BYTES = 2 * 1024 * 1024
/** A longer line is kept without its end; pino writes what is longer as well. */
const MAX_LINE = 8_000
/** Shorter secrets are left to the names of their fields: a pin of four digits is part of many a number. */
const SHORTEST_SECRET = 8
const CENSORED = '***'

export const logLevels = { trace: 10, debug: 20, info: 30, warn: 40, error: 50 } as const
export type LogLevel = keyof typeof logLevels

export class LogRing {
  private lines: string[] = []
  private bytes = 0
  private secrets: readonly string[] = []

  /** Texts that must not be in any line from now on, as they are or as JSON writes them. */
  hide(secrets: readonly string[]): void {
    const written = secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)])
    this.secrets = [...new Set(written)].filter((secret) => secret.length >= SHORTEST_SECRET)
  }

  /** Keeps a line of JSON and returns it as it may be written. */
  add(line: string): string {
    const clean = this.withoutSecrets(line)
    const kept = clean.length > MAX_LINE ? shortened(clean) : clean
    this.lines.push(kept)
    this.bytes += kept.length
    if (this.bytes > KEPT_BYTES) this.forget()
    return clean
  }

  /** The last lines of at least that level, oldest first. */
  tail(count: number, level: LogLevel): LogLine[] {
    const found: LogLine[] = []
    for (let i = this.lines.length - 1; i >= 0 && found.length < count; i--) {
      const line = parseLine(this.lines[i]!, logLevels[level])
      if (line) found.push(line)
    }
    return found.reverse()
  }

  private withoutSecrets(line: string): string {
    let clean = line
    for (const secret of this.secrets) if (clean.includes(secret)) clean = clean.replaceAll(secret, CENSORED)
    return clean
  }

  /** A quarter at once, so that it is not done at every line. */
  private forget(): void {
    let index = 0
    while (this.bytes > KEPT_BYTES * 0.75) this.bytes -= this.lines[index++]!.length
    this.lines = this.lines.slice(index)
  }
}

/** Stays JSON: the fields are left out, the message is cut. */
function shortened(line: string): string {
  try {
    const { level, time, module, msg } = JSON.parse(line) as Record<string, unknown>
    const text = typeof msg === 'string' ? msg.slice(0, 2_000) : ''
    return JSON.stringify({ level, time, module, msg: `${text} … (${line.length} bytes)` })
  } catch {
    return JSON.stringify({ level: logLevels.info, time: '', msg: `a line of ${line.length} bytes` })
  }
}

function parseLine(text: string, least: number): LogLine | null {
  try {
    const { level, time, pid: _pid, hostname: _hostname, module, msg, ...fields } = JSON.parse(text) as Record<string, unknown> // prettier-ignore
    if (Number(level) < least) return null
    return {
      atMs: Date.parse(String(time)) || 0,
      level: nameOf(Number(level)),
      ...(typeof module === 'string' ? { module } : {}),
      message: typeof msg === 'string' ? msg : '',
      fields,
    }
  } catch {
    return null
  }
}

function nameOf(level: number): string {
  if (level >= 60) return 'fatal'
  const known = Object.entries(logLevels).findLast(([, number]) => number <= level)
  return known?.[0] ?? 'trace'
}
