/** Which units answer on a bus, and what they say about themselves. */
import { AppError } from '@courtyard/protocols/contract'
import type { DeviceIdentification } from '@courtyard/protocols/modbus'
import { loadProfiles, type DeviceProfile } from '@courtyard/protocols/profile'
import { errorCodes } from '../../errors.ts'
import type { DriverContext, FoundDevice } from '../driver.ts'
import type { ModbusBusConfig } from './modbus.config.ts'
import type { ModbusConnection } from './modbus.connection.ts'
import { openConnection } from './open-connection.ts'

/** Unit ids of a serial line (Serial Line Specification 2.2). */
const UNITS = { first: 1, last: 247 }
/** A unit that is there answers within this time; 247 units then take about a minute. */
const SCAN_TIMEOUT_MS = 300
/** What a gateway says for a unit that is not there. */
const GATEWAY_EXCEPTIONS = [10, 11]

export async function scanModbus(
  context: DriverContext<ModbusBusConfig>,
  onFound: (found: FoundDevice) => void,
  signal: AbortSignal,
): Promise<void> {
  const bus = { ...context.bus, timeoutMs: Math.min(context.bus.timeoutMs, SCAN_TIMEOUT_MS) }
  const connection = openConnection({ ...context, bus })
  const onAbort = () => void connection.stop()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    for (let unitId = UNITS.first; unitId <= UNITS.last && !signal.aborted; unitId++) {
      const answer = await cheapRead(connection, unitId)
      if (answer === null) continue
      const said = await identification(connection, unitId)
      onFound(found(unitId, answer, said))
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    signal.removeEventListener('abort', onAbort)
    await connection.stop()
  }
}

/** What came of reading one register: any answer of the unit's own, an exception too, shows that it is there. */
async function cheapRead(connection: ModbusConnection, unitId: number): Promise<string | null> {
  try {
    const { words } = await connection.read(unitId, { function: 3, address: 0, count: 1 })
    return `register 0 is ${words[0]}`
  } catch (error) {
    if (!(error instanceof AppError) || error.code === errorCodes.busDisconnected) throw error
    if (error.code !== errorCodes.requestRefused) return null
    return GATEWAY_EXCEPTIONS.includes(Number(error.details['exception'])) ? null : error.message
  }
}

async function identification(
  connection: ModbusConnection,
  unitId: number,
): Promise<DeviceIdentification | null> {
  try {
    return await connection.identify(unitId)
  } catch (error) {
    // Many devices keep silent at functions that they do not know.
    if (error instanceof AppError && error.code !== errorCodes.busDisconnected) return null
    throw error
  }
}

function found(unitId: number, answer: string, said: DeviceIdentification | null): FoundDevice {
  const text = said ? [said.vendor, said.product, said.revision].filter(Boolean).join(' ') : answer
  return { address: { unitId }, text, profile: said && likelyProfile(said, loadProfiles().values()) }
}

/** The profile whose maker and model the unit names; null when there is none or more than one. */
export function likelyProfile(
  { vendor, product }: DeviceIdentification,
  profiles: Iterable<DeviceProfile>,
): string | null {
  const plain = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, '')
  // A name without a Latin letter or digit is in every text.
  const names = (said: string, name: string) => plain(name) !== '' && plain(said).includes(plain(name))
  const fits = [...profiles].filter(
    (profile) =>
      profile.driver === 'modbus' && names(vendor, profile.manufacturer) && names(product, profile.model),
  )
  return fits.length === 1 ? fits[0]!.id : null
}
