/**
 * Seeds a neighbourhood from a process of its own, so that the memory of the hub that is measured holds nothing of
 * it: `node seed.ts <database> <accounts> <seed>` prints one line of JSON.
 */
import pg from 'pg'
import { seedNeighbourhood, settleNeighbourhood } from './fixture.ts'

const [url, accounts, seed] = process.argv.slice(2)
const client = new pg.Client({ connectionString: url })
await client.connect()
try {
  await client.query('BEGIN')
  const place = await seedNeighbourhood(client, Number(accounts), Number(seed))
  await client.query('COMMIT')
  await settleNeighbourhood(client)
  process.stdout.write(`${JSON.stringify({ ...place, usage: String(place.usage) })}\n`)
} finally {
  await client.end()
}
