/** Keeps the files for Mosquitto up to date: soon after a revocation, and before anything in them ends. */
import type { Hub, Stop } from '../../../platform/module.ts'
import { writeMosquittoFiles } from './mosquitto-files.ts'

const LOOK_EVERY_MS = 5_000
/** The revocation list is good for a month, certificates for longer. */
const ANYWAY_EVERY_MS = 86_400_000

/** Rejects when the folder cannot be written at the start; later failures are logged and tried again. */
export async function keepMosquittoFresh(hub: Hub, folder: string): Promise<Stop> {
  let written = ''
  let writtenMs = 0
  const look = async (): Promise<void> => {
    const state = `${await hub.security.authority.revocationState()} ${hub.security.authority.bundle.length}`
    if (state === written && hub.clock.now().getTime() - writtenMs < ANYWAY_EVERY_MS) return
    await writeMosquittoFiles(hub, { folder })
    hub.log.info({ folder }, 'files for Mosquitto were written: tell it to read them')
    written = state
    writtenMs = hub.clock.now().getTime()
  }
  await look()
  let work: Promise<void> = Promise.resolve()
  const timer = setInterval(() => {
    work = work.then(look).catch((error: unknown) => {
      hub.log.error({ err: error, folder }, 'files for Mosquitto could not be written')
    })
  }, LOOK_EVERY_MS)
  return async () => {
    clearInterval(timer)
    await work
  }
}
