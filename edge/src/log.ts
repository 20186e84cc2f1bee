import { pino, type Logger } from 'pino'
import type { LogRing } from './log-ring.ts'

export type { Logger }

/** Names of fields that must never reach a log line, wherever they stand in a logged object. */
const secretNames = ['token', 'enrolmentToken', 'password', 'passphrase', 'secret', 'privateKey', 'pin', 'commKey', 'community', 'authorization', 'authPassword', 'privPassword'] // prettier-ignore
const secretPaths = secretNames.flatMap((name) => ['', '*.', '*.*.', '*.*.*.'].map((at) => `${at}${name}`))

/** What is held for a reader that has stopped reading; beyond it lines are thrown away. */
const MAX_HELD_BYTES = 1 << 20

/**
 * JSON lines on standard output. Modules take a child with their `module` name. Lines are written in the background
 * and within bounds: a log reader that hangs must not stop the reading of meters. The ring, when there is one, gets the
 * lines as they are written, secrets already out of them.
 */
export function createLogger(level: string, ring?: LogRing): Logger {
  // With a minLength of 0 flush() would not wait for what is being written.
  const output = pino.destination({ dest: 1, sync: false, minLength: 1, maxLength: MAX_HELD_BYTES })
  const options = { level, redact: { paths: secretPaths, censor: '***' }, timestamp: pino.stdTimeFunctions.isoTime } // prettier-ignore
  if (!ring) return pino(options, output)
  const both = {
    write: (line: string) => output.write(ring.add(line)),
    flush: (done?: (error?: Error) => void) => output.flush(done),
    flushSync: () => output.flushSync(),
  }
  return pino(options, both)
}

/** For tests and for commands whose output is for people. */
export function silentLogger(): Logger {
  return pino({ level: 'silent' })
}
