import type { DeviceProfile, ZktecoValue } from '@courtyard/protocols/profile'
import { SimulatedPushTerminal } from '../../simulators/src/zkteco/push-terminal.ts'
import { SimulatedTerminal } from '../../simulators/src/zkteco/terminal.ts'
import { freePort } from '../support/processes.ts'
import type { OpenDevice } from './profile-device.ts'

const PUNCH = { uid: 1, user: '1', time: '2026-01-15 08:30:00', verify: 1, punch: 0 }
const USERS = ['1', '2'].map((user) => ({
  uid: Number(user),
  privilege: 0,
  password: '',
  name: user,
  card: 0,
  user,
}))

/** What the simulated terminals tell about themselves and stays the same: their clock does not. */
const held: Partial<Record<ZktecoValue['field'], number>> = {
  users: 2,
  records: 3,
  doorState: 1,
}

export const openZktecoDevice: OpenDevice = (profile) =>
  profile.zkteco!.protocol === 'pull' ? openPulled(profile) : openPushing(profile)

const openPulled: OpenDevice = async (profile) => {
  const { userRecord } = profile.zkteco!
  const terminal = await SimulatedTerminal.start({ users: USERS, userRecord, punches: [PUNCH, PUNCH, PUNCH] })
  terminal.state.door = held.doorState!
  return {
    bus: { transport: { type: profile.id.includes('udp') ? 'udp' : 'tcp', port: terminal.port } },
    address: { host: '127.0.0.1' },
    values: valuesOf(profile, held),
    stop: () => terminal.stop(),
  }
}

const openPushing: OpenDevice = async (profile) => {
  const port = await freePort()
  const dialect = profile.zkteco!.events
  const terminal = new SimulatedPushTerminal({ server: `http://127.0.0.1:${port}`, serial: 'A1', dialect })
  return {
    bus: { transport: { type: 'push', host: '127.0.0.1', port } },
    address: { serialNumber: 'A1' },
    // A new terminal has no users; it tells three fingerprints.
    values: valuesOf(profile, { users: 0, fingerprints: 3, records: 0 }),
    begin: () => terminal.start(),
    stop: () => terminal.stop(),
  }
}

function valuesOf(profile: DeviceProfile, fields: typeof held): Map<string, number> {
  return new Map(
    profile.points.flatMap(({ key, zkteco }) => {
      const value = fields[zkteco!.field]
      return value === undefined ? [] : [[key, value]]
    }),
  )
}
