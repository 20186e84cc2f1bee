import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import { setTimeout as delay } from 'node:timers/promises'
import type { GatewayHealth } from '@courtyard/protocols/contract'
import type { HubClient } from '../hub-client.ts'

/**
 * Streams the old data logger's file into the edge's outbox, as a person would who connects a gateway to a site
 * with a past. Repeating it adds nothing: the edge knows what it has imported. Rejects with the edge's own words.
 */
export async function importHistory(
  root: string,
  siteFile: string,
  historyUrl: string,
  signal: AbortSignal,
): Promise<{ lines: number }> {
  const answer = await fetch(historyUrl, { signal })
  if (!answer.ok || !answer.body) throw new Error(`history: ${answer.status} ${await answer.text()}`)
  const child = spawn(
    process.execPath,
    [join(root, 'edge/bin/courtyard-edge.js'), 'import', '--config', siteFile, '--file', '-'],
    { stdio: ['pipe', 'ignore', 'pipe'], signal, detached: true },
  )
  let complaints = ''
  child.stderr
    .setEncoding('utf8')
    .on('data', (text: string) => (complaints = (complaints + text).slice(-2_000)))
  const closed = once(child, 'close') as Promise<[number | null]>
  let lines = 0
  const source = Readable.fromWeb(answer.body as ReadableStream<Uint8Array>)
  const counted = async function* (chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      for (const byte of chunk) if (byte === 10) lines++
      yield chunk
    }
  }
  // A child that refuses its input closes the pipe; its exit code and words say more than EPIPE.
  const fed = pipeline(source, counted, child.stdin).catch((error: unknown) => error)
  const [code] = await closed
  const problem = await fed
  if (code !== 0) throw new Error(`courtyard-edge import ended with ${code}: ${complaints}`)
  if (problem) throw problem as Error
  return { lines }
}

/**
 * Waits until the hub has taken all but the readings of the last moments. Only what the gateway said after `sinceMs`
 * counts: its earlier words may wait behind the backlog.
 */
export async function waitForBacklog(
  hub: HubClient,
  gatewayId: string,
  sinceMs: number,
  signal: AbortSignal,
  onProgress: (waiting: number) => void,
): Promise<void> {
  for (;;) {
    const health = await hub.call('GET /api/gateways/:id/health', { params: { id: gatewayId } })
    const waiting = saidAtMs(health) >= sinceMs ? health.outbox?.readings : undefined
    if (waiting !== undefined && waiting < LIVE_READINGS) return
    if (waiting !== undefined) onProgress(waiting)
    await delay(1_000, undefined, { signal })
  }
}

/** By the gateway's own clock, which is this machine's. */
function saidAtMs({ statusAt, clockOffsetMs }: GatewayHealth): number {
  return statusAt === null ? -Infinity : Date.parse(statusAt) + (clockOffsetMs ?? 0)
}

/** More than the site's meters give in the second or two that a live batch is under way. */
const LIVE_READINGS = 3_000
