/**
 * A data logger's history becomes sealed batches of backlog: the same way into the hub as for a gateway that was
 * offline. Works beside a running agent, and before one was ever started.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Reading } from '@courtyard/protocols/contract'
import type { Outbox } from '../outbox/index.ts'
import { HistoryLineParser } from './history-line.ts'
import { readLines } from './lines.ts'

export interface ImportOptions {
  readonly chunks: AsyncIterable<Uint8Array>
  readonly outbox: Pick<Outbox, 'sealImported'>
  /** Decimal places by `device/point`. */
  readonly scales: ReadonlyMap<string, number>
  readonly nowMs: number
  readonly onBadLine: (line: number, reason: string) => void
}

export interface ImportResult {
  readonly lines: number
  readonly imported: number
  /** Same point and instant as a reading that an import brought before, in this file or an earlier one. */
  readonly alreadyImported: number
  readonly badLines: number
}

/**
 * Lines that are held to be cut by point: files go instant by instant, the hub stores long runs of one point
 * more compactly.
 */
const WINDOW_READINGS = 50_000
const BATCH_READINGS = 2_000
/** Batches in one transaction: fewer waits for the disk, and the agent is still locked out for some milliseconds only. */
const BATCHES_AT_ONCE = 5

/** @throws AppError `edge.outbox_full`, `edge.outbox_disk_full`; what was sealed before stays, and a repetition goes on there. */
export async function importHistory(options: ImportOptions): Promise<ImportResult> {
  const parser = new HistoryLineParser(options.scales, options.nowMs)
  const result = { lines: 0, imported: 0, alreadyImported: 0, badLines: 0 }
  let window: Reading[] = []
  const refuse = (line: number, reason: string) => {
    result.badLines += 1
    options.onBadLine(line, reason)
  }
  for await (const lines of readLines(options.chunks)) {
    for (const { number, text } of lines) {
      if (text !== null && text.trim() === '') continue
      result.lines += 1
      const parsed = text === null ? { reason: 'is longer than 64 KiB' } : parser.parse(text)
      if ('reason' in parsed) refuse(number, parsed.reason)
      else window.push(parsed.reading)
    }
    if (window.length < WINDOW_READINGS) continue
    await sealWindow(window, options.outbox, result)
    window = []
  }
  await sealWindow(window, options.outbox, result)
  return result
}

async function sealWindow(
  window: readonly Reading[],
  outbox: Pick<Outbox, 'sealImported'>,
  result: { imported: number; alreadyImported: number },
): Promise<void> {
  const batches = cutByPoint(window)
  for (let start = 0; start < batches.length; start += BATCHES_AT_ONCE) {
    const some = batches.slice(start, start + BATCHES_AT_ONCE)
    const imported = outbox.sealImported(some)
    result.imported += imported
    result.alreadyImported += some.flat().length - imported
    // Leaves the file to the agent now and then.
    await nextTurn()
  }
}

/** Readings point by point, each in time order, in batches of about `BATCH_READINGS`. */
export function cutByPoint(readings: readonly Reading[]): Reading[][] {
  const byPoint = new Map<string, Reading[]>()
  for (const reading of readings) {
    const list = byPoint.get(reading.point)
    if (list) list.push(reading)
    else byPoint.set(reading.point, [reading])
  }
  const ordered = [...byPoint.values()].flatMap((list) => list.sort((a, b) => a.atMs - b.atMs))
  const batches: Reading[][] = []
  for (let start = 0; start < ordered.length; start += BATCH_READINGS) {
    batches.push(ordered.slice(start, start + BATCH_READINGS))
  }
  return batches
}
