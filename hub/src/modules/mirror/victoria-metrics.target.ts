import { AppError } from '@courtyard/protocols/contract'
import { mirrorErrors } from './errors.ts'
import { toLine } from './line-protocol.ts'
import { inPieces, POINTS_PER_REQUEST, REQUEST_TIMEOUT_MS } from './mirror-point.ts'
import type { MirrorPoint, MirrorTarget } from './mirror-point.ts'

/** VictoriaMetrics, single or the insert path of a cluster, by the line protocol. */
export class VictoriaMetricsTarget implements MirrorTarget {
  private readonly writeUrl: URL

  constructor({ url, database }: { url: string; database: string }) {
    this.writeUrl = new URL(`${url.replace(/\/$/, '')}/write`)
    this.writeUrl.search = new URLSearchParams({ precision: 'ms', db: database }).toString()
  }

  async write(points: readonly MirrorPoint[]): Promise<void> {
    for (const piece of inPieces(points, POINTS_PER_REQUEST)) {
      const answer = await fetch(this.writeUrl, {
        method: 'POST',
        body: piece.map(toLine).join('\n'),
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      })
      const text = await answer.text()
      if (answer.ok) continue
      throw new AppError(mirrorErrors.refused, `the time-series database answered ${answer.status}`, {
        details: { status: answer.status, answer: text.slice(0, 500) },
      })
    }
  }
}
