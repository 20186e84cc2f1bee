import { setTimeout as delay } from 'node:timers/promises'
import { importHistory } from '../../demo/steps/history.ts'
import { freePort, root, until } from '../support/processes.ts'
import { seededRandom } from '../support/random.ts'
import { Stack } from '../support/stack.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'
import { faultActions } from './actions.ts'
import { compareWithTruth, countStored } from './reckoning.ts'

export interface FaultResult {
  /** Readings that the edge's outbox accepted, by its own durable counter. */
  produced: number
  /** Readings in the hub's tables. */
  stored: number
  lost: number
  duplicated: number
  /** Register readings compared with the simulator's truth, and those that differ. */
  compared: number
  wrong: number
  quarantined: number
  /** Readings refused for lack of disk, and those of them that the hub was told about. */
  refused: number
  seconds: number
}

/** How often each meter is read: a load far above the profiles' own intervals. */
const INTERVAL_MS = 1_000
const HISTORY_MS = 12 * 3_600_000

/**
 * Runs the whole product under load, breaks something at a random moment of each round, lets it drain at the end
 * and reckons up. Rejects when a part does not come back.
 */
export async function runFaults(
  rounds: number,
  seed: number,
  say: (text: string) => void,
): Promise<FaultResult> {
  const began = Date.now()
  const random = seededRandom(seed)
  const stack = await Stack.create(seed)
  const proxyPort = await freePort()
  const proxy = await TcpProxy.listen(proxyPort, stack.ports.mqtt)
  try {
    await stack.startHub()
    await stack.prepare(seed, (site) => {
      site.hub.mqttUrl = `mqtt://127.0.0.1:${proxyPort}`
      for (const device of site.devices) device.intervals = { fast: INTERVAL_MS, energy: INTERVAL_MS }
    })
    stack.startEdge()
    await until('first readings', 60_000, () => stack.outboxCounters().accepted > 1_000)
    const history = bringHistory(stack)
    for (let round = 0; round < rounds; round++) {
      const action =
        faultActions[round < faultActions.length ? round : Math.floor(random() * faultActions.length)]!
      await delay(random() * 3_000)
      await action({ stack, proxy, random, history, say: (text) => say(`round ${round + 1}: ${text}`) })
      await delay(500 + random() * 1_500)
    }
    await history
    return await reckonUp(stack, began, say)
  } catch (error) {
    for (const words of stack.lastWords()) say(words)
    throw error
  } finally {
    await stack.stop()
    await proxy.stop()
  }
}

/** A backlog, so that what is broken is broken under load. Goes on after a kill of the agent: it has its own process. */
function bringHistory(stack: Stack): Promise<unknown> {
  const toMs = Math.floor(Date.now() / 900_000) * 900_000
  const url = stack.simulator.historyUrl(toMs - HISTORY_MS, toMs, 1)
  return importHistory(root, stack.siteFile, url, new AbortController().signal)
}

async function reckonUp(stack: Stack, began: number, say: (text: string) => void): Promise<FaultResult> {
  // From here on nothing is read any more, so that the outbox can run empty; what it holds is still sent.
  await stack.edgeProgram!.stop()
  await stack.changeSite((site) => {
    for (const device of site.devices) device.intervals = { fast: 86_400_000, energy: 86_400_000 }
  })
  stack.startEdge()
  await delay(6_500)
  await until('empty outbox', 120_000, () => stack.outboxCounters().waiting === 0, 500)
  const edge = stack.outboxCounters()
  const database = await stack.openDatabase()
  try {
    const stored = await countStored(database)
    const { compared, faults } = await compareWithTruth(database, stack.simulator, 2_000)
    for (const fault of faults.slice(0, 10)) say(`wrong value: ${fault}`)
    return {
      produced: edge.accepted,
      stored: stored.readings,
      lost: edge.accepted - (stored.readings - stored.duplicated),
      duplicated: stored.duplicated,
      compared,
      wrong: faults.length,
      quarantined: stored.quarantined,
      refused: stored.reportedLost,
      seconds: Math.round((Date.now() - began) / 1000),
    }
  } finally {
    await database.end()
  }
}
