import { pino, type Logger } from 'pino'

export type { Logger }

/** Fields that must never reach a log line, wherever they stand in a logged object. */
const secretPaths = ['token', 'enrolmentToken', 'password'].flatMap((name) => [
  name,
  `*.${name}`,
  `*.*.${name}`,
])

/** What is held for a reader that has stopped reading; beyond it lines are thrown away. */
const MAX_HELD_BYTES = 1 << 20

/**
 * JSON lines on standard output. Modules take a child with their `module` name. Lines are written in the background
 * and within bounds: a log reader that hangs must not stop the reading of meters.
 */
export function createLogger(level: string): Logger {
  // With a minLength of 0 flush() would not wait for what is being written.
  const output = pino.destination({ dest: 1, sync: false, minLength: 1, maxLength: MAX_HELD_BYTES })
  const redact = { paths: secretPaths, censor: '***' }
  return pino({ level, redact, timestamp: pino.stdTimeFunctions.isoTime }, output)
}

/** For tests and for commands whose output is for people. */
export function silentLogger(): Logger {
  return pino({ level: 'silent' })
}
