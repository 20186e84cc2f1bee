/** A process of its own that writes one file and ends: its memory is not the hub's. Loads next to nothing. */
import { createWriteStream } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import pg from 'pg'
import { parserOf } from '../../database/parsers.ts'
import { FILE_DESCRIPTOR, type Report, type Task } from './messages.ts'
import { writeOrder } from './write-order.ts'

// The hub is gone: nobody waits for the file
process.once('disconnect', () => process.exit(1))
process.once('message', (task: Task) => {
  void carryOut(task)
    .catch((error: NodeJS.ErrnoException): Report => ({ fault: error.message, code: error.code ?? null }))
    .then((report) => process.send!(report, () => process.exit('fault' in report ? 1 : 0)))
})

async function carryOut({ databaseUrl, order }: Task): Promise<Report> {
  // When memory is short, Linux is to take this process and not the hub
  await writeFile('/proc/self/oom_score_adj', '800').catch(() => undefined)
  const client = new pg.Client({
    connectionString: databaseUrl,
    types: { getTypeParser: parserOf },
    application_name: 'courtyard-export',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  })
  let lost: Error | undefined
  client.on('error', (error) => (lost = error))
  await client.connect()
  // The server notices when this process is killed; one that runs on some other system can't, and need not
  await client.query(`SET client_connection_check_interval = '2s'`).catch(() => undefined)
  await client.query('BEGIN')
  const file = createWriteStream('', { fd: FILE_DESCRIPTOR })
  const rows = await writeOrder(client, order, file).catch((error: Error) => {
    throw lost ?? error
  })
  await client.query('COMMIT')
  await client.end()
  return { rows, peakRssKb: await peakRssKb() }
}

/** Null where the system does not tell. What `getrusage` says would be the hub's own, from before the program began. */
async function peakRssKb(): Promise<number | null> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '')
  const peak = /VmHWM:\s+(\d+)/.exec(status)
  return peak ? Number(peak[1]) : null
}
