/** One device that publishes: its messages, when it was last heard, and who waits for a value. */
import { Quality, type Reading } from '@courtyard/protocols/contract'
import type { DeviceFailure, DriverContext, DriverDevice } from '../driver.ts'
import { mapMessage, mappingOf, type Incoming, type Mapping } from './message.ts'
import type { MqttAddress, MqttBusConfig } from './mqtt.config.ts'

type Watcher = (reading: Reading) => void

export class PublishingDevice {
  readonly device: DriverDevice<MqttAddress>
  readonly filters: readonly string[]
  readonly silentAfterMs: number
  private readonly context: DriverContext<MqttBusConfig>
  private readonly mapping: Mapping
  private readonly last = new Map<string, Reading>()
  private readonly watchers = new Map<string, Set<Watcher>>()
  private heardAtMs: number | null = null
  private listeningSinceMs = 0
  private unusable = 0
  private problem: string | null = null

  constructor(device: DriverDevice<MqttAddress>, context: DriverContext<MqttBusConfig>) {
    this.device = device
    this.context = context
    this.mapping = mappingOf(device.key, device.profile, context.timeZone)
    const section = device.profile.mqtt!
    this.filters = section.topics.map((topic) => topic.replaceAll('{id}', device.address.id))
    this.silentAfterMs = section.silentAfterMs
    this.listeningSinceMs = context.clock.monotonicMs()
  }

  get points() {
    return this.mapping.points
  }

  get wasHeard(): boolean {
    return this.heardAtMs !== null
  }

  /** What is wrong although it speaks. */
  get message(): string | null {
    if (this.problem !== null) return `${this.unusable} unusable messages; the last: ${this.problem}`
    return this.wasHeard ? null : 'nothing heard yet'
  }

  beginListening(): void {
    this.listeningSinceMs = this.context.clock.monotonicMs()
  }

  /** Resolves when its readings are on the disk. */
  async take(incoming: Incoming, tooLong: boolean): Promise<void> {
    // A message that the broker had kept does not prove that the device lives.
    if (!incoming.retained) this.heardAtMs = this.context.clock.monotonicMs()
    if (tooLong) return this.noteProblem(`${incoming.topic}: ${incoming.payload.length} bytes are too many`)
    const { readings, problem } = mapMessage(this.mapping, incoming)
    if (problem !== null) this.noteProblem(problem)
    if (readings.length === 0) return
    await this.context.offer({ readings })
    if (problem === null) this.problem = null
    for (const reading of readings) this.note(reading, incoming)
  }

  latest(pointKey: string): Reading | null {
    return this.last.get(pointKey) ?? null
  }

  /** Values of a point that come from now on. */
  watch(pointKey: string) {
    const waiting: Reading[] = []
    let wake: (() => void) | null = null
    const watcher: Watcher = (reading) => {
      waiting.push(reading)
      wake?.()
    }
    const watchers = this.watchers.get(pointKey) ?? new Set()
    this.watchers.set(pointKey, watchers.add(watcher))
    return {
      /** Null after `withinMs` or when aborted. */
      next: async (withinMs: number, signal: AbortSignal): Promise<Reading | null> => {
        if (waiting.length === 0) {
          const woken = new AbortController()
          wake = () => woken.abort()
          await this.context.clock.sleep(withinMs, AbortSignal.any([signal, woken.signal]))
          wake = null
        }
        return waiting.shift() ?? null
      },
      end: () => void watchers.delete(watcher),
    }
  }

  failure(): DeviceFailure | null {
    const silentMs = this.context.clock.monotonicMs() - (this.heardAtMs ?? this.listeningSinceMs)
    if (silentMs <= this.silentAfterMs) return null
    return { quality: Quality.timeout, message: `nothing heard for ${Math.round(silentMs / 1_000)} s` }
  }

  private note(reading: Reading, { retained }: Incoming): void {
    const key = reading.point.slice(this.device.key.length + 1)
    const before = this.last.get(key)
    if (!before || reading.atMs >= before.atMs) this.last.set(key, reading)
    if (!retained) for (const watcher of this.watchers.get(key) ?? []) watcher(reading)
  }

  private noteProblem(problem: string): void {
    if (this.problem === null) this.context.logger.warn({ device: this.device.key, problem }, 'a message was not usable') // prettier-ignore
    this.unusable += 1
    this.problem = problem
  }
}
