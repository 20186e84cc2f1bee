/**
 * `npm run bench:kit [-- --rooms 1000000 --parties 2000000]`: lists, search, import and export of the resource kit over a
 * city. Last line: JSON. Takes some minutes, most of them to make the data; needs 4 GB of disk.
 */
import { parseArgs } from 'node:util'
import { startTestHub } from '../../hub/src/platform/testing.ts'
import { runKitBench } from './kit/run.ts'

const number = (standard: number) => ({ type: 'string' as const, default: String(standard) })
const { values } = parseArgs({
  options: {
    rooms: number(1_000_000),
    parties: number(2_000_000),
    import: number(50_000),
    export: number(100_000),
    times: number(40),
  },
})
const hub = await startTestHub()
try {
  const size = {
    rooms: Number(values.rooms),
    parties: Number(values.parties),
    imported: Number(values.import),
    exported: Number(values.export),
    times: Number(values.times),
  }
  const result = await runKitBench(hub, size, (text) => process.stdout.write(`${text}\n`))
  process.stdout.write(`${JSON.stringify(result)}\n`)
} finally {
  await hub.stop()
}
process.exit(0)
