import { pino, type Logger } from 'pino'

export type { Logger }

/** Fields that must never reach a log line, wherever they stand in a logged object. */
const secretPaths = ['token', 'enrolmentToken', 'password'].flatMap((name) => [
  name,
  `*.${name}`,
  `*.*.${name}`,
])

/** JSON lines on standard output. Modules take a child with their `module` name. */
export function createLogger(level: string): Logger {
  return pino({
    level,
    redact: { paths: secretPaths, censor: '***' },
    timestamp: pino.stdTimeFunctions.isoTime,
  })
}

/** For tests and for commands whose output is for people. */
export function silentLogger(): Logger {
  return pino({ level: 'silent' })
}
