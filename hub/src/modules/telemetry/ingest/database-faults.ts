/**
 * SQLSTATE classes that say nothing about the data: no connection, rolled back for another transaction's sake,
 * no room or memory, server stopping, disk trouble. Errors without a SQLSTATE come from the connection.
 */
const transientClasses = new Set(['08', '40', '53', '55', '57', '58'])

/** The operating system's (`EPIPE`), and Node's when a stream breaks off in the middle of a COPY. */
const CONNECTION_CODE = /^(?:E[A-Z]+|ERR_(?:STREAM|SOCKET)_\w+)$/

/** Whether the same work may succeed later without change. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = (error as { code?: unknown }).code
  if (typeof code !== 'string') return isConnectionError(error)
  return transientClasses.has(code.slice(0, 2)) || CONNECTION_CODE.test(code)
}

/** pg and its pool say these without a code. */
function isConnectionError(error: Error): boolean {
  return /connection|timeout|terminated|not queryable|socket/i.test(error.message)
}
