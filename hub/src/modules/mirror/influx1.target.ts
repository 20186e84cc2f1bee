import { InfluxDB } from 'influx'
import { inPieces, MEASUREMENT, POINTS_PER_REQUEST, REQUEST_TIMEOUT_MS } from './mirror-point.ts'
import type { MirrorPoint, MirrorTarget } from './mirror-point.ts'

export interface Influx1Options {
  readonly url: string
  readonly database: string
  readonly username: string | null
  readonly password: string | null
}

/** InfluxDB 1.x. Makes the database when it is missing. */
export class Influx1Target implements MirrorTarget {
  private readonly influx: InfluxDB
  private readonly database: string
  private ready = false

  constructor({ url, database, username, password }: Influx1Options) {
    const { hostname, port, protocol, pathname } = new URL(url)
    const isTls = protocol === 'https:'
    this.database = database
    this.influx = new InfluxDB({
      database,
      ...(username === null ? {} : { username }),
      ...(password === null ? {} : { password }),
      hosts: [
        {
          host: hostname,
          port: Number(port) || (isTls ? 443 : 8086),
          protocol: isTls ? 'https' : 'http',
          ...(pathname === '/' ? {} : { path: pathname.replace(/\/$/, '') }),
        },
      ],
      // The follower tries again, with pauses of its own
      pool: { maxRetries: 0, requestTimeout: REQUEST_TIMEOUT_MS, backoff: noBackoff },
    })
  }

  async write(points: readonly MirrorPoint[]): Promise<void> {
    if (!this.ready) await this.influx.createDatabase(this.database)
    this.ready = true
    try {
      for (const piece of inPieces(points, POINTS_PER_REQUEST)) {
        await this.influx.writePoints(piece.map(toPoint), { precision: 'ms' })
      }
    } catch (error) {
      // It may be another server by now
      this.ready = false
      throw error
    }
  }
}

/** A host that failed is asked again at once: there is no other. */
const noBackoff = { getDelay: () => 0, next: () => noBackoff, reset: () => noBackoff }

function toPoint({ tags, value, quality, atMs }: MirrorPoint) {
  const fields = value === null ? { quality } : { quality, value }
  return { measurement: MEASUREMENT, tags, fields, timestamp: atMs }
}
