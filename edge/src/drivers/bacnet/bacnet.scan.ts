/** Which devices announce themselves, and what they call themselves. */
import { ApplicationTag, type BACNetAddress } from '@bacnet-js/client'
import type { DriverContext, FoundDevice } from '../driver.ts'
import type { BacnetBusConfig } from './bacnet.config.ts'
import { BacnetDirectory, type Announced } from './bacnet.directory.ts'
import { objectId } from './bacnet.points.ts'
import { BacnetSession } from './bacnet.session.ts'
import { BacnetSocket } from './bacnet.socket.ts'

const OBJECT_NAME = 77
const VENDOR_NAME = 121
const MODEL_NAME = 70

export async function scanBacnet(
  context: DriverContext<BacnetBusConfig>,
  onFound: (found: FoundDevice) => void,
  signal: AbortSignal,
): Promise<void> {
  const socket = new BacnetSocket(context.bus, context.logger)
  const directory = new BacnetDirectory(context, socket)
  try {
    await directory.register().catch((error: unknown) => {
      context.logger.warn({ err: error }, 'not registered as a foreign device')
    })
    const announced = await directory.whoIs(null, Infinity, signal)
    let invokeId = 0
    for (const device of announced.sort((a, b) => a.instance - b.instance)) {
      if (signal.aborted) return
      const nextInvokeId = () => (invokeId = (invokeId % 255) + 1)
      const texts = await textsOf(device, context, socket, nextInvokeId, signal)
      onFound({
        address: { instance: device.instance },
        text: `${texts} at ${where(device.address)}`,
        profile: null,
      })
    }
  } finally {
    directory.stop()
    await socket.close()
  }
}

async function textsOf(
  { instance, vendorId, address }: Announced,
  { bus, clock }: DriverContext<BacnetBusConfig>,
  socket: BacnetSocket,
  nextInvokeId: () => number,
  signal: AbortSignal,
): Promise<string> {
  const { timeoutMs } = bus
  const session = new BacnetSession({ socket, nextInvokeId, locate: () => Promise.resolve(address), forget: () => {}, timeoutMs, retries: 0, clock }) // prettier-ignore
  const onAbort = () => session.stop()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    const texts: string[] = []
    for (const property of [OBJECT_NAME, VENDOR_NAME, MODEL_NAME]) {
      const { content } = await session.readOne(objectId('device', instance), property)
      if (content[0]?.type === ApplicationTag.CHARACTER_STRING) texts.push(String(content[0].value))
    }
    return texts.join(', ')
  } catch {
    // It is there all the same; what it is called is not worth losing it for.
    return `vendor ${vendorId}`
  } finally {
    signal.removeEventListener('abort', onAbort)
    session.stop()
  }
}

function where({ address, net, adr }: BACNetAddress): string {
  return net === undefined
    ? `${address}`
    : `${address} network ${net} address ${Buffer.from(adr ?? []).toString('hex')}`
}
