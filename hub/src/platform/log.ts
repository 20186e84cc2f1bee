import { pino, type Logger } from 'pino'
import type { HubConfig } from './config.ts'

/** Logs to standard output, as JSON or as lines for people. */
export function makeLog(config: Pick<HubConfig, 'logLevel' | 'logFormat'>): Logger {
  const options = {
    level: config.logLevel,
    base: null,
    redact: ['req.headers.cookie', 'req.headers.authorization'],
  }
  if (config.logFormat === 'json') return pino(options)
  return pino(options, { write: (line: string) => process.stdout.write(textLine(line)) })
}

const levelNames: Record<number, string> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'ERROR',
  60: 'FATAL',
}

interface LogRecord {
  level: number
  time: number
  msg?: string
  module?: string
  err?: { message?: string; stack?: string }
  [field: string]: unknown
}

/** `12:34:56 warn  database: message {"more":1}` and the stack of an error on the lines after it. */
export function textLine(json: string): string {
  const { level, time, msg, module, err, ...rest } = JSON.parse(json) as LogRecord
  const clock = new Date(time).toISOString().slice(11, 19)
  const fields = Object.keys(rest).length > 0 ? ` ${JSON.stringify(rest)}` : ''
  const stack = err ? `\n${err.stack ?? err.message ?? ''}` : ''
  return `${clock} ${(levelNames[level] ?? String(level)).padEnd(5)} ${module ? `${module}: ` : ''}${msg ?? ''}${fields}${stack}\n`
}
