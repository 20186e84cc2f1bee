/**
 * The one meter on a line: CJ/T 188 has an address that any meter answers, and no way to search among several. Some
 * meters answer only with the bytes of the identifier in one order, so both are asked.
 */
import { AppError } from '@courtyard/protocols/contract'
import { readAddressRequest, type DiOrder } from '@courtyard/protocols/cjt188'
import { loadProfiles } from '@courtyard/protocols/profile'
import { errorCodes } from '../../errors.ts'
import type { DriverContext, FoundDevice } from '../driver.ts'
import type { Cjt188BusConfig } from './cjt188.config.ts'
import { Cjt188Link, type Cjt188Answer } from './cjt188.link.ts'

export async function scanCjt188(
  context: DriverContext<Cjt188BusConfig>,
  onFound: (found: FoundDevice) => void,
  signal: AbortSignal,
): Promise<void> {
  const link = new Cjt188Link(context)
  const onAbort = () => void link.channel.stop()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    for (const diOrder of ['highFirst', 'lowFirst'] as const) {
      const answer = signal.aborted ? null : await ask(link, diOrder)
      if (answer?.kind !== 'address') continue
      onFound(found(answer, diOrder))
      return
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    signal.removeEventListener('abort', onAbort)
    await link.channel.stop()
  }
}

async function ask(link: Cjt188Link, diOrder: DiOrder): Promise<Cjt188Answer | null> {
  try {
    return (await link.ask(readAddressRequest(diOrder, link.nextSerial()))).reply
  } catch (error) {
    if (error instanceof AppError && error.code !== errorCodes.busDisconnected) return null
    throw error
  }
}

function found(
  { address, meterType }: Extract<Cjt188Answer, { kind: 'address' }>,
  diOrder: DiOrder,
): FoundDevice {
  const type = meterType.toString(16).toUpperCase().padStart(2, '0')
  const fits = [...loadProfiles().values()].find(
    ({ cjt188 }) => cjt188?.meterType === type && cjt188.diOrder === diOrder,
  )
  return {
    address: fits ? { address } : { address, diOrder },
    text: `type ${type}, identifiers ${diOrder}`,
    profile: fits?.id ?? null,
  }
}
