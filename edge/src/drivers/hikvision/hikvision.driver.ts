import { AppError, Quality, type DeviceEvent, type Reading } from '@courtyard/protocols/contract'
import { acsEvent, anprEvent, liveAcsRecord, wholeOf, type AcsRecord } from '@courtyard/protocols/isapi'
import { errorCodes } from '../../errors.ts'
import type { BusDriver, CommandOutcome, DeviceCommand, DeviceFailure, DriverContext, DriverDevice, PollOutcome } from '../driver.ts' // prettier-ignore
import { isoInstant, isoLocal } from '../iso-time.ts'
import { commandOf, failed, outcomeOf } from '../meter-bus/command-outcome.ts'
import { emptyReading, pointsWith, readingOfMantissa } from '../points.ts'
import { formatAcsCheckpoint, parseAcsCheckpoint, readAcsLog } from './acs-log.ts'
import { followAlerts, type Alert } from './alert-stream.ts'
import { look, perform, type CommandContext } from './hikvision.commands.ts'
import type { HikvisionAddress, HikvisionBusConfig } from './hikvision.config.ts'
import { IsapiClient } from './isapi-client.ts'
import { MAX_PICTURE_BYTES, PictureStore } from './pictures.ts'
import { FieldReader } from './field-reader.ts'

type Device = DriverDevice<HikvisionAddress>

const RECONNECT = { firstMs: 1_000, lastMs: 30_000 }
const KEEP_AT_ONCE = 500
const DAY_MS = 86_400_000

/** One device or recorder: its event stream, its log, its points and commands. */
export class HikvisionDriver implements BusDriver {
  private readonly context: DriverContext<HikvisionBusConfig>
  private readonly client: IsapiClient
  private readonly devices: readonly Device[]
  private readonly pictures: PictureStore
  private readonly abort = new AbortController()
  private streaming = false
  private streamProblem: string | null = null
  private running: Promise<void> = Promise.resolve()

  constructor(context: DriverContext<HikvisionBusConfig>, devices: readonly Device[]) {
    this.context = context
    this.devices = devices
    this.client = new IsapiClient(context.bus)
    this.pictures = new PictureStore(context.folder, context.bus.pictureMegabytes * 1024 * 1024)
  }

  get connected(): boolean {
    return this.streaming
  }

  async start(): Promise<void> {
    this.running = this.keepStreaming()
  }

  async poll(deviceKey: string, group: string): Promise<PollOutcome> {
    const device = this.deviceOf(deviceKey)
    const { clock, timeZone } = this.context
    const reader = new FieldReader(this.client, clock, timeZone)
    const points = pointsWith(device.key, device.profile, 'hikvision').filter(
      (point) => point.group === group,
    )
    const readings: Reading[] = []
    let message = this.streamProblem
    try {
      for (const point of points) {
        try {
          const value = await reader.read(point.source)
          const atMs = clock.nowMs()
          readings.push(value === null ? emptyReading(point, atMs, Quality.invalid) : readingOfMantissa(point, value, atMs)) // prettier-ignore
        } catch (error) {
          if (!(error instanceof AppError) || error.code !== errorCodes.requestRefused) throw error
          if (!point.optional) message = error.message
          readings.push(emptyReading(point, clock.nowMs(), Quality.refused))
        }
      }
    } catch (error) {
      const failure = failureOf(error)
      const atMs = clock.nowMs()
      return { readings: points.map((point) => emptyReading(point, atMs, failure.quality)), requests: reader.requests, errors: 1, latencyMs: reader.latencyMs, failure, message: failure.message } // prettier-ignore
    }
    return { readings, requests: reader.requests, errors: 0, latencyMs: reader.latencyMs, failure: null, message } // prettier-ignore
  }

  async probe(deviceKey: string): Promise<PollOutcome> {
    this.deviceOf(deviceKey)
    const { clock } = this.context
    const startMs = clock.monotonicMs()
    try {
      await this.client.ask({ method: 'GET', path: '/ISAPI/System/time' })
      return { readings: [], requests: 1, errors: 0, latencyMs: clock.monotonicMs() - startMs, failure: null, message: null } // prettier-ignore
    } catch (error) {
      const failure = failureOf(error)
      return { readings: [], requests: 1, errors: 1, latencyMs: null, failure, message: failure.message }
    }
  }

  async execute(deviceKey: string, { target, body }: DeviceCommand): Promise<CommandOutcome> {
    const device = this.deviceOf(deviceKey)
    const command = commandOf(device, target)
    if (command?.kind !== body.kind) return failed('the profile has no such command')
    return outcomeOf(() => perform(this.commandContext(device, command.door), body))
  }

  async confirm(deviceKey: string, { target, body }: DeviceCommand): Promise<CommandOutcome | null> {
    const device = this.deviceOf(deviceKey)
    try {
      return await look(this.commandContext(device, commandOf(device, target)?.door), body)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      return null
    }
  }

  emptyReadings(deviceKey: string, quality: Quality): readonly Reading[] {
    const { key, profile } = this.deviceOf(deviceKey)
    const atMs = this.context.clock.nowMs()
    return pointsWith(key, profile, 'hikvision').map((point) => emptyReading(point, atMs, quality))
  }

  async stop(): Promise<void> {
    this.abort.abort()
    this.client.stop()
    await this.running
  }

  private commandContext({ address, profile }: Device, door = '1'): CommandContext {
    const { clock, timeZone } = this.context
    return { client: this.client, clock, timeZone, channel: address.channel, door, doors: profile.hikvision!.doors } // prettier-ignore
  }

  private async keepStreaming(): Promise<void> {
    const { clock, logger, bus } = this.context
    let waitMs: number = RECONNECT.firstMs
    while (!this.abort.signal.aborted) {
      let reason: string
      try {
        reason = await this.followOnce()
        waitMs = RECONNECT.firstMs
      } catch (error) {
        if (!(error instanceof AppError)) logger.error({ err: error }, 'the event stream failed')
        reason = (error as Error).message
        waitMs = Math.min(RECONNECT.lastMs, waitMs * 2)
      }
      this.streaming = false
      this.streamProblem = `no event stream: ${reason}`
      if (this.abort.signal.aborted) return
      logger.warn({ host: bus.host, reason }, 'the event stream ended')
      await clock.sleep(waitMs, this.abort.signal)
    }
  }

  /** Opened first and the log read then: what happens meanwhile waits behind the log, so that nothing falls between. */
  private async followOnce(): Promise<string> {
    let caughtUp: Promise<void> = Promise.resolve()
    return followAlerts({
      client: this.client,
      heartbeatMs: this.context.bus.heartbeatMs,
      onOpen: () => {
        caughtUp = this.catchUp()
        // Whoever waits for it sees the failure; without alerts nobody does.
        caughtUp.then(
          () => {
            this.streaming = true
            this.streamProblem = null
          },
          (error: unknown) => this.context.logger.warn({ err: error }, 'the event log was not read'),
        )
      },
      onAlert: async (alert) => {
        await caughtUp
        await this.takeAlert(alert)
      },
    })
  }

  private async catchUp(): Promise<void> {
    const device = this.devices.find(({ profile }) => profile.hikvision?.kind === 'access')
    if (!device) return
    const { clock, timeZone, bus } = this.context
    const nowMs = clock.nowMs()
    const from = parseAcsCheckpoint(this.context.checkpoint(device.key)) ?? { atMs: nowMs - bus.historyDays * DAY_MS, serialNo: -1 } // prettier-ignore
    const readTime = (text: string) => isoInstant(text, timeZone)
    // A day ahead: the clock of the device may be.
    const records = await readAcsLog(this.client, from, nowMs + DAY_MS, readTime, (atMs) => isoLocal(atMs, timeZone)) // prettier-ignore
    for (let start = 0; start < records.length; start += KEEP_AT_ONCE)
      await this.keepRecords(device, records.slice(start, start + KEEP_AT_ONCE), null)
  }

  private async takeAlert({ document, pictures }: Alert): Promise<void> {
    const { timeZone } = this.context
    const readTime = (text: string) => isoInstant(text, timeZone)
    const record = liveAcsRecord(document, readTime)
    const access = this.devices.find(({ profile }) => profile.hikvision?.kind === 'access')
    if (record && access) return this.keepRecords(access, [record], await this.keepPicture(pictures))
    const camera = document['eventType'] === 'ANPR' ? this.cameraOf(wholeOf(document['channelID'])) : null
    if (!camera) return
    const lane = { device: camera.key, direction: camera.profile.hikvision!.lane ?? 'in' }
    if (!anprEvent(document, lane, readTime, null)) return
    const event = anprEvent(document, lane, readTime, await this.keepPicture(pictures))!
    await this.context.offer({ events: [event] })
  }

  /** Events and the checkpoint behind them are written together. */
  private async keepRecords(
    device: Device,
    records: readonly AcsRecord[],
    picture: string | null,
  ): Promise<void> {
    const events = records
      .map((record) => acsEvent(device.key, record, picture))
      .filter((event): event is DeviceEvent => event !== null)
    const last = records.at(-1)
    if (!last) return
    await this.context.offer({
      events,
      checkpoint: { deviceKey: device.key, text: formatAcsCheckpoint(last) },
    })
  }

  private async keepPicture(pictures: Alert['pictures']): Promise<string | null> {
    const fitting = pictures.filter(({ bytes }) => bytes.length <= MAX_PICTURE_BYTES)
    const best = fitting.find(({ name }) => /detection|vehicle/i.test(name)) ?? fitting.sort((a, b) => b.bytes.length - a.bytes.length)[0] // prettier-ignore
    if (!best) return null
    try {
      return await this.pictures.keep(best.bytes)
    } catch (error) {
      // The event matters more than its picture.
      this.context.logger.warn({ err: error }, 'a picture could not be kept')
      return null
    }
  }

  private cameraOf(channel: number | null): Device | null {
    const cameras = this.devices.filter(({ profile }) => profile.hikvision?.kind === 'plateCamera')
    return cameras.find(({ address }) => address.channel === (channel ?? 1)) ?? null
  }

  private deviceOf(key: string): Device {
    const device = this.devices.find((candidate) => candidate.key === key)
    if (!device) throw new RangeError(`no device ${key} on this bus`)
    return device
  }
}

function failureOf(error: unknown): DeviceFailure {
  const code = error instanceof AppError ? error.code : ''
  const message = error instanceof Error ? error.message : String(error)
  if (code === errorCodes.requestTimeout) return { quality: Quality.timeout, message }
  if (code === errorCodes.requestRefused) return { quality: Quality.refused, message }
  if (code === errorCodes.replyInvalid || code.startsWith('isapi.'))
    return { quality: Quality.invalid, message }
  return { quality: Quality.disconnected, message }
}
