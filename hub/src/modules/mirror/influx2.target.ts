import { InfluxDB, Point } from '@influxdata/influxdb-client'
import { inPieces, MEASUREMENT, POINTS_PER_REQUEST, REQUEST_TIMEOUT_MS } from './mirror-point.ts'
import type { MirrorPoint, MirrorTarget } from './mirror-point.ts'

export interface Influx2Options {
  readonly url: string
  readonly org: string
  readonly bucket: string
  readonly token: string
}

/** InfluxDB 2.x; the bucket must be there. */
export class Influx2Target implements MirrorTarget {
  private readonly influx: InfluxDB
  private readonly org: string
  private readonly bucket: string

  constructor({ url, token, org, bucket }: Influx2Options) {
    this.influx = new InfluxDB({ url, token, timeout: REQUEST_TIMEOUT_MS })
    this.org = org
    this.bucket = bucket
  }

  async write(points: readonly MirrorPoint[]): Promise<void> {
    for (const piece of inPieces(points, POINTS_PER_REQUEST)) await this.writePiece(piece)
  }

  /** A writer of its own per piece: nothing of a failed one stays in a buffer. */
  private async writePiece(piece: readonly MirrorPoint[]): Promise<void> {
    const failures: Error[] = []
    const writer = this.influx.getWriteApi(this.org, this.bucket, 'ms', {
      batchSize: POINTS_PER_REQUEST + 1,
      flushInterval: 0,
      // The follower tries again, with pauses of its own
      maxRetries: 0,
      writeFailed: async (error) => void failures.push(error),
    })
    writer.writePoints(piece.map(toPoint))
    await writer.close()
    if (failures[0]) throw failures[0]
  }
}

function toPoint({ tags, value, quality, atMs }: MirrorPoint): Point {
  const point = new Point(MEASUREMENT).timestamp(atMs).floatField('quality', quality)
  for (const [key, text] of Object.entries(tags)) point.tag(key, text)
  return value === null ? point : point.floatField('value', value)
}
