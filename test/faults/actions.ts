import { setTimeout as delay } from 'node:timers/promises'
import type { Stack } from '../support/stack.ts'
import type { TcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/processes.ts'

export interface FaultContext {
  readonly stack: Stack
  readonly proxy: TcpProxy
  /** In [0, 1), from the seed. */
  readonly random: () => number
  readonly say: (text: string) => void
  /** Settles when the backlog stands in the outbox. */
  readonly history: Promise<unknown>
}

/** One thing that goes wrong, and what a service manager or an electrician would do about it. */
export type FaultAction = (context: FaultContext) => Promise<void>

const RECOVERY_MS = 60_000

async function killEdge({ stack, random, say }: FaultContext): Promise<void> {
  await stack.edgeProgram!.kill()
  const awayMs = Math.round(random() * 1_500)
  say(`edge killed, away ${awayMs} ms`)
  await delay(awayMs)
  stack.startEdge()
}

async function killHub({ stack, random, say }: FaultContext): Promise<void> {
  await stack.hubProgram!.kill()
  const awayMs = Math.round(random() * 2_000)
  say(`hub killed, away ${awayMs} ms`)
  await delay(awayMs)
  await stack.startHub()
}

async function killPostgres({ stack, say }: FaultContext): Promise<void> {
  const pid = await stack.postgresPid()
  process.kill(pid, 'SIGKILL')
  say(`PostgreSQL (pid ${pid}) killed`)
  await until('hub after PostgreSQL', RECOVERY_MS, async () => {
    const ended = stack.hubProgram!.child.exitCode !== null || stack.hubProgram!.child.signalCode !== null
    if (ended) await stack.startHub()
    return (await stack.postgresPid()) !== pid && (await stack.isHubReady())
  })
}

async function killAll({ stack, random, say }: FaultContext): Promise<void> {
  const pid = await stack.postgresPid()
  process.kill(pid, 'SIGKILL')
  await Promise.all([stack.hubProgram!.kill(), stack.edgeProgram!.kill()])
  const awayMs = Math.round(random() * 1_500)
  say(`power cut: edge, hub and PostgreSQL killed, away ${awayMs} ms`)
  await delay(awayMs)
  stack.startEdge()
  await stack.startHub()
}

async function cutNetwork({ proxy, random, say }: FaultContext): Promise<void> {
  const cutMs = 500 + Math.round(random() * 3_000)
  say(`network cut for ${cutMs} ms`)
  proxy.cutOff()
  await delay(cutMs)
  proxy.restore()
}

/** Holds the network cut until the outbox has run into its limit and refused readings, then makes room again. */
async function fillDisk({ stack, proxy, say, history }: FaultContext): Promise<void> {
  await history
  proxy.cutOff()
  await stack.edgeProgram!.stop()
  const before = stack.outboxCounters()
  const maxPages = stack.compactOutbox() + 40
  await stack.changeSite((site) => {
    site.outbox = { ...site.outbox, maxPages }
  })
  stack.startEdge()
  const dropped = await stack.droppedReadings().catch(() => 0)
  await until('full outbox', RECOVERY_MS, async () => (await stack.droppedReadings()) > dropped)
  say(
    `disk full at ${maxPages} pages, ${stack.outboxCounters().accepted - before.accepted} readings went in before`,
  )
  // What is sent and acknowledged makes room; only then can the agent write down what it had to refuse.
  proxy.restore()
  await until('room in the outbox', RECOVERY_MS, () => stack.outboxCounters().waiting < 5_000)
  await stack.edgeProgram!.stop()
  await stack.changeSite((site) => {
    delete site.outbox!.maxPages
  })
  stack.startEdge()
}

/** In the order in which the first rounds take them; later rounds pick at random. */
export const faultActions: readonly FaultAction[] = [
  killEdge,
  killHub,
  killPostgres,
  cutNetwork,
  fillDisk,
  killAll,
]
