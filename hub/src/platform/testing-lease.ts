/** Databases for tests: each is a copy of one migrated template in the one server of the test run. */
import { connect } from 'node:net'
import { createInterface } from 'node:readline'

export interface DatabaseLease {
  readonly url: string
  /** The database is dropped, whoever is still connected. */
  release(): void
}

/** Where the keeper of the test run listens; see testing-setup.ts. */
export const KEEPER_VARIABLE = 'COURTYARD_TEST_DATABASES'

/** A lease is a connection to the keeper: a worker that dies gives its databases back too. */
export async function leaseDatabase(keeper: string): Promise<DatabaseLease> {
  const socket = connect(keeper)
  const answer = new Promise<string>((resolve, reject) => {
    socket.once('error', reject)
    createInterface({ input: socket })
      .once('line', resolve)
      .once('close', () => {
        reject(new Error('the keeper of the test databases is gone'))
      })
  })
  try {
    const { url, fault } = JSON.parse(await answer) as { url?: string; fault?: string }
    if (url === undefined) throw new Error(`no database for the test: ${fault}`)
    // Held, but no reason to keep a worker alive
    socket.on('error', () => undefined).unref()
    return { url, release: () => void socket.destroy() }
  } catch (error) {
    socket.destroy()
    throw error
  }
}
