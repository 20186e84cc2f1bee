/** Rules of profiles for driver `zkteco` beyond their shape. Pure. */
import type { InputIssue } from '../../contract/app-error.ts'
import type { DeviceProfile } from '../profile.schema.ts'

/** All that a push terminal tells by itself. */
const PUSH_FIELDS = ['users', 'fingerprints', 'records']
const COMMANDS = ['door', 'clock', 'people']

export function checkZkteco(profile: DeviceProfile): InputIssue[] {
  if (profile.driver !== 'zkteco') return []
  const section = profile.zkteco
  if (!section) return [{ path: 'zkteco', reason: 'missing for driver zkteco' }]
  const issues: InputIssue[] = []
  const refuse = (path: string, reason: string) => issues.push({ path, reason })
  if (section.protocol === 'pull' && section.doors > 1) refuse('zkteco.doors', 'port 4370 opens one door')
  // The log is read with the polls.
  if (section.protocol === 'pull' && profile.points.length === 0)
    refuse('points', 'a pulled terminal needs one')
  profile.points.forEach((point, index) => {
    const path = `points[${index}].zkteco`
    if (!point.zkteco) return refuse(path, 'missing for driver zkteco')
    const { field } = point.zkteco
    if (section.protocol === 'push' && !PUSH_FIELDS.includes(field))
      refuse(path, `push terminals do not tell ${field}`)
    if (field === 'doorState' && section.doors === 0) refuse(path, 'a terminal without door')
    if (point.scale !== 0) refuse(`points[${index}].scale`, 'the terminal counts in whole numbers')
  })
  profile.commands.forEach((command, index) => {
    const path = `commands[${index}]`
    if (!COMMANDS.includes(command.kind)) refuse(`${path}.kind`, `a terminal has no ${command.kind}`)
    if (command.kind !== 'door') return
    const door = Number(command.door)
    if (!(Number.isInteger(door) && door >= 1 && door <= section.doors)) refuse(`${path}.door`, `not a door of 1–${section.doors}`) // prettier-ignore
  })
  return issues
}
