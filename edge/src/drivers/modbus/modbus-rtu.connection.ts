/**
 * Modbus RTU on a serial port, or the same bytes through a converter. A reply has no number, so what answers a request
 * is told by unit, function, length and checksum on a line that was drained before; and a unit whose reply was lost is
 * left alone until it can no longer come.
 */
import { AppError } from '@courtyard/protocols/contract'
import {
  decodeAnswer,
  decodeIdentification,
  encodeIdentificationRequest,
  encodeRead,
  encodeRtu,
  encodeWrite,
  explainRtu,
  findRtuReply,
  rtuSilenceMs,
  type DeviceIdentification,
  type ModbusRead,
  type ModbusWriteRequest,
} from '@courtyard/protocols/modbus'
import type { Clock } from '../../clock.ts'
import { errorCodes } from '../../errors.ts'
import { ByteChannel, type ByteReply } from '../byte-channel.connection.ts'
import { characterMs, type LineTransport } from '../byte-channel.ts'
import type { ConnectTcp } from '../driver.ts'
import type { ModbusBusConfig } from './modbus.config.ts'
import { refusal, type ModbusConnection, type ModbusReply } from './modbus.connection.ts'

type RtuTransport = Exclude<ModbusBusConfig['transport'], { type: 'tcp' }>

/** Behind a converter nobody knows the speed of the line: as at 9600 bits per second. */
const CONVERTER_SILENCE_MS = 4
/** Gaps inside a reply: USB adapters deliver every 16 ms, converters in packets over a network. */
const GAP_MS = { serial: 100, converter: 250 }

export class ModbusRtuConnection implements ModbusConnection {
  private readonly channel: ByteChannel
  private readonly clock: Clock
  private readonly timeoutMs: number
  /** Until when a reply that was given up may still come, by unit. */
  private readonly overdueUntilMs = new Map<number, number>()

  constructor(bus: ModbusBusConfig, transport: RtuTransport, clock: Clock, connectTcp: ConnectTcp) {
    const isSerial = transport.type === 'serial'
    const line: LineTransport = isSerial ? transport : { ...transport, type: 'tcp' }
    const silenceMs = isSerial ? rtuSilenceMs(transport.baudRate, characterMs(line)!) : CONVERTER_SILENCE_MS
    this.clock = clock
    this.timeoutMs = bus.timeoutMs
    this.channel = new ByteChannel({
      ...{ line, clock, connectTcp, timeoutMs: bus.timeoutMs },
      quietMs: Math.max(bus.pauseMs, silenceMs),
      interByteMs: Math.max(isSerial ? GAP_MS.serial : GAP_MS.converter, bus.timeoutMs / 4),
    })
  }

  get connected(): boolean {
    return this.channel.connected
  }

  async read(unitId: number, request: ModbusRead): Promise<ModbusReply> {
    const { reply, atMs, latencyMs } = await this.ask(unitId, encodeRead(request))
    return { words: reply, atMs, latencyMs }
  }

  async write(unitId: number, request: ModbusWriteRequest): Promise<void> {
    await this.ask(unitId, encodeWrite(request))
  }

  async identify(unitId: number): Promise<DeviceIdentification | null> {
    const request = encodeIdentificationRequest()
    const { reply } = await this.exchange(unitId, request, (pdu) => ({ said: decodeIdentification(pdu) }))
    return reply.said
  }

  stop(): Promise<void> {
    return this.channel.stop()
  }

  private ask(unitId: number, request: Uint8Array): Promise<ByteReply<readonly number[]>> {
    return this.exchange(unitId, request, (pdu) => {
      const { exception, words } = decodeAnswer(request, pdu)
      if (exception !== null) throw refusal(exception)
      return words
    })
  }

  private async exchange<T>(
    unitId: number,
    request: Uint8Array,
    decode: (pdu: Uint8Array) => T,
  ): Promise<ByteReply<T>> {
    const waitMs = (this.overdueUntilMs.get(unitId) ?? -Infinity) - this.clock.monotonicMs()
    if (waitMs > 0) await this.clock.sleep(waitMs)
    this.overdueUntilMs.delete(unitId)
    try {
      return await this.channel.exchange(encodeRtu({ unitId, pdu: request }), (received) => {
        const pdu = findRtuReply(received, unitId, request)
        return pdu === null ? null : decode(pdu)
      })
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      if (error.code === errorCodes.requestTimeout) {
        this.overdueUntilMs.set(unitId, this.clock.monotonicMs() + this.timeoutMs)
      }
      throw explained(error, unitId, request)
    }
  }
}

/** The same error with words about the bytes that came. */
function explained(error: AppError, unitId: number, request: Uint8Array): AppError {
  const { bytes } = error.details
  if (error.code !== errorCodes.replyInvalid || typeof bytes !== 'string') return error
  const reason = explainRtu(Buffer.from(bytes, 'hex'), unitId, request)
  return new AppError(error.code, reason, { cause: error, details: error.details })
}
