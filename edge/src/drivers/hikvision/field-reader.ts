/** Points of one poll: each document is fetched once. */
import { wholeOf } from '@courtyard/protocols/isapi'
import type { HikvisionValue } from '@courtyard/protocols/profile'
import type { Clock } from '../../clock.ts'
import { at, listOf, type Document } from './document.ts'
import { clockOffsetMs } from './hikvision.commands.ts'
import type { IsapiClient } from './isapi-client.ts'

export class FieldReader {
  requests = 0
  latencyMs: number | null = null
  private readonly client: IsapiClient
  private readonly clock: Clock
  private readonly timeZone: string
  private readonly documents = new Map<string, Document>()

  constructor(client: IsapiClient, clock: Clock, timeZone: string) {
    this.client = client
    this.clock = clock
    this.timeZone = timeZone
  }

  /** Null: the device does not tell it. @throws AppError of the client. */
  async read({ field, door = 1 }: HikvisionValue): Promise<number | null> {
    if (field === 'clockOffsetSeconds') return Math.round((await this.timed(() => clockOffsetMs(this.client, this.clock, this.timeZone))) / 1_000) // prettier-ignore
    if (field === 'doorState') {
      // 0: closed, 1: open, one entry per door.
      const work = await this.fetch('/ISAPI/AccessControl/AcsWorkStatus?format=json')
      const states = at(work, 'AcsWorkStatus', 'magneticStatus')
      return Array.isArray(states) ? wholeOf(states[door - 1]) : null
    }
    const status = at(await this.fetch('/ISAPI/System/status'), 'DeviceStatus')
    if (field === 'uptimeSeconds') return wholeOf(at(status, 'deviceUpTime'))
    if (field === 'cpuPercent') return rounded(at(listOf(at(status, 'CPUList', 'CPU'))[0], 'cpuUtilization'))
    const memory = listOf(at(status, 'MemoryList', 'Memory'))[0]
    const used = Number(memory?.['memoryUsage'] ?? NaN)
    const free = Number(memory?.['memoryAvailable'] ?? NaN)
    return rounded((used / (used + free)) * 100)
  }

  private async fetch(path: string): Promise<Document> {
    const known = this.documents.get(path)
    if (known) return known
    const document = await this.timed(() => this.client.ask({ method: 'GET', path }))
    this.documents.set(path, document)
    return document
  }

  private async timed<T>(work: () => Promise<T>): Promise<T> {
    this.requests += 1
    const startMs = this.clock.monotonicMs()
    const result = await work()
    this.latencyMs = this.clock.monotonicMs() - startMs
    return result
  }
}

function rounded(value: unknown): number | null {
  const number = value === undefined || value === '' ? NaN : Number(value)
  return Number.isFinite(number) ? Math.round(number) : null
}
