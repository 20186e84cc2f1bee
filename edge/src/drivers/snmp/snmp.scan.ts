/** Which addresses answer: each is asked once what it is. */
import { AppError } from '@courtyard/protocols/contract'
import { errorCodes } from '../../errors.ts'
import type { DriverContext, FoundDevice } from '../driver.ts'
import type { SnmpBusConfig } from './snmp.config.ts'
import { textOf } from './snmp.points.ts'
import { SnmpSession } from './snmp.session.ts'

/** SNMPv2-MIB (RFC 3418, 2). */
const SYS_DESCR = '1.3.6.1.2.1.1.1.0'
const SYS_OBJECT_ID = '1.3.6.1.2.1.1.2.0'
const AT_ONCE = 16
const SCAN_TIMEOUT_MS = 1_000

/** Enterprises whose devices a profile reads: beginnings of sysObjectID. */
const PROFILES: readonly (readonly [prefix: string, profile: string])[] = [
  ['1.3.6.1.4.1.318.1.3.4', 'snmp-apc-rack-pdu'],
  ['1.3.6.1.4.1.318.1.3.2', 'snmp-ups-rfc1628'],
  ['1.3.6.1.4.1.3854', 'snmp-akcp-sensorprobe'],
  ['1.3.6.1.4.1.8072.3.2', 'snmp-host-resources'],
]

export async function scanSnmp(
  context: DriverContext<SnmpBusConfig>,
  onFound: (found: FoundDevice) => void,
  signal: AbortSignal,
): Promise<void> {
  const hosts = hostsOf(context.bus.scan)
  if (hosts.length === 0) {
    throw new AppError(
      errorCodes.busDisconnected,
      'the bus names no networks to look in: `scan: [10.0.0.0/24]`',
    )
  }
  const next = hosts[Symbol.iterator]()
  const look = async () => {
    for (let turn = next.next(); !turn.done && !signal.aborted; turn = next.next()) {
      await ask(context, turn.value, onFound, signal)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, look))
}

async function ask(
  { bus, clock, logger }: DriverContext<SnmpBusConfig>,
  host: string,
  onFound: (found: FoundDevice) => void,
  signal: AbortSignal,
): Promise<void> {
  const timeoutMs = Math.min(bus.timeoutMs, SCAN_TIMEOUT_MS)
  const session = new SnmpSession({ address: { host, port: bus.scanPort }, access: bus.access, timeoutMs, retries: 0, clock }) // prettier-ignore
  const onAbort = () => session.stop()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    const [description, identity] = (await session.get([SYS_DESCR, SYS_OBJECT_ID])).varbinds
    const kind = identity ? textOf(identity) : ''
    const profile = PROFILES.find(([prefix]) => kind === prefix || kind.startsWith(`${prefix}.`))?.[1] ?? null
    onFound({
      address: bus.scanPort === 161 ? { host } : { host, port: bus.scanPort },
      text: `${description ? textOf(description) : ''} (${kind})`,
      profile,
    })
  } catch (error) {
    logger.debug({ host, err: error }, 'does not answer')
  } finally {
    signal.removeEventListener('abort', onAbort)
    session.stop()
  }
}

/** Addresses of hosts; of a network without its own and its broadcast address. */
export function hostsOf(ranges: readonly string[]): string[] {
  const hosts = ranges.flatMap((range) => {
    const [address, bits = '32'] = range.split('/')
    const size = 2 ** (32 - Number(bits))
    const first = Math.floor(numberOf(address!) / size) * size
    const skip = size > 2 ? 1 : 0
    return Array.from({ length: size - 2 * skip }, (_, i) => textOfNumber(first + skip + i))
  })
  return [...new Set(hosts)]
}

function numberOf(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
}

function textOfNumber(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.')
}
