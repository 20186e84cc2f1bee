/**
 * `npm run bench:outbox [-- --hours 72 --rate 1000000]`: a gateway that was offline for days at 500 points a second. The
 * site's time runs ahead while it is offline; everything else is the agent's own code, in a process of its own. Then it
 * finds a broker and a hub that commits to a disk. Last line: JSON. `--rate` is `uplink.backlogReadingsPerSecond`; the
 * default of the product (30,000) holds the catch-up at 60 times real time, so that it spares the hub.
 */
import { parseArgs } from 'node:util'
import { runtimeFlags } from '../../edge/bin/runtime-flags.js'
import { runOutboxBench } from './outbox/run.ts'

const { values: flags } = parseArgs({
  options: {
    hours: { type: 'string', default: '72' },
    rate: { type: 'string', default: '1000000' },
    'max-mb': { type: 'string', default: '512' },
  },
})
const result = await runOutboxBench({
  hours: Number(flags.hours),
  readingsPerSecond: Number(flags.rate),
  maxBytes: Number(flags['max-mb']) * 2 ** 20,
  nodeFlags: runtimeFlags,
  say: (text) => console.log(text),
})
console.log(JSON.stringify(result))
const good = result.lost === 0 && result.duplicated === 0 && result.wrong === 0
process.exit(good && result.rssMb < 200 && result.secondsToLive <= 2 && result.catchUpFactor >= 20 ? 0 : 1)
