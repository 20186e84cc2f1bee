/**
 * Which meters are on a line. A single meter answers the wildcard address. Several spoil each other's answers, but a
 * byte of the address may be given and the rest left as wildcards (缩位寻址, DL/T 645-2007, 5.2.2): the addresses are
 * searched byte by byte from the low end, and only where somebody answers.
 */
import { AppError } from '@courtyard/protocols/contract'
import {
  addressMatches, ANY_ADDRESS, encodeFrame, framesIn, readAddressRequest, readRequest, replyTo,
  type Dlt645Edition, type Dlt645Frame,
} from '@courtyard/protocols/dlt645' // prettier-ignore
import { errorCodes } from '../../errors.ts'
import { ByteChannel } from '../byte-channel.connection.ts'
import type { DriverContext, FoundDevice } from '../driver.ts'
import type { Dlt645BusConfig } from './dlt645.config.ts'

/** Meters answer within 500 ms (5.3.2); silence is what takes the time of a scan. */
const SCAN_TIMEOUT_MS = 700
const ENERGY = { '2007': '00010000', '1997': '9010' } as const
const PHASE_B_VOLTAGE = '02010200'
const RELAY_STATUS = '04000503'

/** What came to a request that any number of meters may answer. */
interface Heard {
  /** Addresses of whole frames. */
  readonly addresses: readonly string[]
  /** Bytes that are in no frame: at least two meters at once, or noise. */
  readonly isSpoilt: boolean
}

export async function scanDlt645(
  context: DriverContext<Dlt645BusConfig>,
  onFound: (found: FoundDevice) => void,
  signal: AbortSignal,
): Promise<void> {
  const scan = new Dlt645Scan(context, onFound, signal)
  const onAbort = () => void scan.stop()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    await scan.run()
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    signal.removeEventListener('abort', onAbort)
    await scan.stop()
  }
}

class Dlt645Scan {
  private readonly channel: ByteChannel
  private readonly bus: Dlt645BusConfig
  private readonly onFound: (found: FoundDevice) => void
  private readonly signal: AbortSignal
  private readonly known = new Set<string>()

  constructor(
    context: DriverContext<Dlt645BusConfig>,
    onFound: (found: FoundDevice) => void,
    signal: AbortSignal,
  ) {
    this.bus = context.bus
    this.onFound = onFound
    this.signal = signal
    const timeoutMs = Math.min(context.bus.timeoutMs, SCAN_TIMEOUT_MS)
    const { clock, connectTcp, bus } = context
    this.channel = new ByteChannel({ line: bus.transport, clock, connectTcp, timeoutMs, quietMs: bus.pauseMs, interByteMs: Math.min(500, timeoutMs) }) // prettier-ignore
  }

  stop(): Promise<void> {
    return this.channel.stop()
  }

  async run(): Promise<void> {
    const alone = await this.hear('2007', readAddressRequest())
    await this.take('2007', alone)
    if (alone.isSpoilt || alone.addresses.length > 1) await this.search('2007', '')
    for (const edition of ['2007', '1997'] as const) {
      const heard = await this.hear(edition, readRequest(edition, ANY_ADDRESS, ENERGY[edition]))
      await this.take(edition, heard)
      if (heard.isSpoilt && this.known.size === 0) await this.search(edition, '')
    }
  }

  /** `low` are the low digits that are given; each round gives two more. */
  private async search(edition: Dlt645Edition, low: string): Promise<void> {
    for (let pair = 0; pair < 100 && !this.signal.aborted; pair++) {
      const given = String(pair).padStart(2, '0') + low
      const heard = await this.hear(edition, readRequest(edition, given.padStart(12, 'A'), ENERGY[edition]))
      await this.take(edition, heard)
      const many = heard.isSpoilt || heard.addresses.length > 1
      if (many && given.length < 12) await this.search(edition, given)
    }
  }

  /** Listens until the line is silent: the second meter to answer must not be missed. */
  private async hear(edition: Dlt645Edition, request: Dlt645Frame): Promise<Heard> {
    let received: Uint8Array = new Uint8Array(0)
    try {
      await this.channel.exchange(encodeFrame(request, this.bus.preambleBytes), (bytes) => {
        received = bytes
        return null
      })
    } catch (error) {
      if (!(error instanceof AppError) || error.code === errorCodes.busDisconnected) throw error
    }
    const frames = framesIn(received)
    const addresses = frames.flatMap((frame) => answerAddress(edition, request, frame) ?? [])
    const inFrames = frames.reduce((sum, frame) => sum + 12 + frame.data.length, 0)
    const wakeUps = received.filter((byte) => byte === 0xfe).length
    return { addresses: [...new Set(addresses)], isSpoilt: received.length - inFrames > wakeUps }
  }

  private async take(edition: Dlt645Edition, { addresses }: Heard): Promise<void> {
    for (const address of addresses) {
      if (this.known.has(address) || !/^\d{12}$/.test(address) || this.signal.aborted) continue
      this.known.add(address)
      const profile = edition === '1997' ? 'dlt645-1997' : await this.likelyProfile(address)
      this.onFound({ address: { address }, text: `DL/T 645-${edition}`, profile })
    }
  }

  /** A second phase and a relay tell the usual kinds apart. */
  private async likelyProfile(address: string): Promise<string> {
    const phases = (await this.has(address, PHASE_B_VOLTAGE)) ? 'three' : 'single'
    const relay = (await this.has(address, RELAY_STATUS)) ? '-relay' : ''
    return `dlt645-2007-${phases}-phase${relay}`
  }

  private async has(address: string, di: string): Promise<boolean> {
    const request = readRequest('2007', address, di)
    try {
      const { reply } = await this.channel.exchange(encodeFrame(request, this.bus.preambleBytes), (bytes) => {
        for (const frame of framesIn(bytes)) {
          const answer = replyTo('2007', request, frame)
          if (answer) return answer
        }
        return null
      })
      return reply.kind === 'data'
    } catch (error) {
      if (error instanceof AppError && error.code !== errorCodes.busDisconnected) return false
      throw error
    }
  }
}

/** The meter's own address in an answer of any kind, also a refusal; null for what is no answer. */
function answerAddress(edition: Dlt645Edition, request: Dlt645Frame, frame: Dlt645Frame): string | null {
  try {
    const reply = replyTo(edition, request, frame)
    if (!reply) return null
    if (reply.kind === 'address') return reply.address
    return addressMatches(request.address, frame.address) ? frame.address : null
  } catch (error) {
    if (error instanceof AppError) return null
    throw error
  }
}
