/** Who is where: Who-Is and I-Am (clause 16.10), and the registration with a BBMD (Annex J.5). */
import { lookup } from 'node:dns/promises'
import type { BACNetAddress } from '@bacnet-js/client'
import { AppError } from '@courtyard/protocols/contract'
import { errorCodes } from '../../errors.ts'
import type { DriverContext } from '../driver.ts'
import type { BacnetAddress, BacnetBusConfig } from './bacnet.config.ts'
import { BacnetClient } from './client.ts'
import { ClientPort, withPort, type BacnetSocket } from './bacnet.socket.ts'

/** All networks behind all routers (6.3.2). */
const GLOBAL_BROADCAST = 0xffff

export interface Announced {
  readonly instance: number
  readonly vendorId: number
  readonly address: BACNetAddress
}

interface Sender {
  readonly address?: string
  readonly forwardedFrom?: string | null
  readonly net?: number
  readonly adr?: number[]
}

export class BacnetDirectory {
  private readonly context: DriverContext<BacnetBusConfig>
  private readonly socket: BacnetSocket
  private readonly client: BacnetClient
  private readonly listeners = new Set<(announced: Announced) => void>()
  private readonly known = new Map<number, BACNetAddress>()
  private readonly stopped = new AbortController()

  constructor(context: DriverContext<BacnetBusConfig>, socket: BacnetSocket) {
    this.context = context
    this.socket = socket
    const port = new ClientPort(socket, null)
    port.onBroken = (error) => context.logger.debug({ err: error }, 'a datagram that does not decode')
    this.client = new BacnetClient({ transport: port, apduTimeout: context.bus.timeoutMs })
    this.client.on('iAm', ({ header, payload }) => {
      const { deviceId, vendorId } = payload as unknown as { deviceId: number; vendorId: number }
      const announced = { instance: deviceId, vendorId, address: addressOf(header?.sender as Sender) }
      for (const listener of [...this.listeners]) listener(announced)
    })
  }

  /** Registers with the BBMD, if there is one, again and again. */
  async keepRegistered(): Promise<void> {
    const { bbmd } = this.context.bus
    if (!bbmd) return
    for (const { clock, logger } = this.context; !this.stopped.signal.aborted;) {
      try {
        await this.register()
        await clock.sleep((bbmd.ttlSeconds * 1000) / 2, this.stopped.signal)
      } catch (error) {
        if (this.stopped.signal.aborted) return
        logger.warn({ bbmd: bbmd.host, err: error }, 'not registered as a foreign device; trying again')
        await clock.sleep(5_000, this.stopped.signal)
      }
    }
  }

  /** @throws AppError `edge.bus_disconnected`; Error of the library when the BBMD refuses or is silent */
  async register(): Promise<void> {
    const { bbmd } = this.context.bus
    if (!bbmd) return
    await this.socket.open()
    const address = `${await resolved(bbmd.host)}:${bbmd.port}`
    await this.client.registerForeignDevice({ address }, bbmd.ttlSeconds)
  }

  /** @throws AppError `edge.request_timeout` when no device of that instance answers */
  async locate({ host, port, network, mac, instance }: BacnetAddress): Promise<BACNetAddress> {
    if (host !== undefined) {
      const address = `${await resolved(host)}:${port}`
      return network === undefined
        ? { address }
        : { address, net: network, adr: [...Buffer.from(mac!, 'hex')] }
    }
    const known = this.known.get(instance!)
    if (known) return known
    const [found] = await this.whoIs({ low: instance!, high: instance! }, 1)
    if (!found)
      throw new AppError(errorCodes.requestTimeout, `no device of instance ${instance} answers Who-Is`)
    this.known.set(instance!, found.address)
    return found.address
  }

  forget({ instance }: BacnetAddress): void {
    if (instance !== undefined) this.known.delete(instance)
  }

  /** Devices that announce themselves within the timeout; returns at `enough`. */
  async whoIs(
    range: { low: number; high: number } | null,
    enough = Infinity,
    signal?: AbortSignal,
  ): Promise<Announced[]> {
    const { bus, clock } = this.context
    await this.socket.open()
    const found = new Map<number, Announced>()
    const done = new AbortController()
    const isWanted = ({ instance }: Announced) =>
      range === null || (instance >= range.low && instance <= range.high)
    const listener = (announced: Announced) => {
      if (isWanted(announced)) found.set(announced.instance, announced)
      if (found.size >= enough) done.abort()
    }
    this.listeners.add(listener)
    const limits = range ? { lowLimit: range.low, highLimit: range.high } : {}
    this.client.whoIs({ net: GLOBAL_BROADCAST }, limits)
    if (bus.bbmd)
      this.client.whoIsThroughBBMD({ address: `${await resolved(bus.bbmd.host)}:${bus.bbmd.port}` }, limits)
    const signals = [done.signal, this.stopped.signal, ...(signal ? [signal] : [])]
    await clock.sleep(bus.timeoutMs, AbortSignal.any(signals))
    this.listeners.delete(listener)
    return [...found.values()]
  }

  stop(): void {
    this.stopped.abort()
    this.client.close()
  }
}

/** Through a BBMD the datagram comes from it and names who sent it first (J.2.5). */
function addressOf({ address, forwardedFrom, net, adr }: Sender): BACNetAddress {
  const host = withPort(forwardedFrom ?? address ?? '')
  return net === undefined ? { address: host } : { address: host, net, ...(adr ? { adr } : {}) }
}

async function resolved(host: string): Promise<string> {
  try {
    return (await lookup(host, { family: 4 })).address
  } catch (error) {
    throw new AppError(errorCodes.busDisconnected, `no address for ${host}`, { cause: error })
  }
}
