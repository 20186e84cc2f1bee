/** Rules of profiles for driver `hikvision` beyond their shape. Pure. */
import type { InputIssue } from '../../contract/app-error.ts'
import type { DeviceProfile } from '../profile.schema.ts'

const COMMANDS = { access: ['door', 'clock', 'people'], plateCamera: ['barrier', 'clock', 'plates'] } as const

export function checkHikvision(profile: DeviceProfile): InputIssue[] {
  if (profile.driver !== 'hikvision') return []
  const section = profile.hikvision
  if (!section) return [{ path: 'hikvision', reason: 'missing for driver hikvision' }]
  const issues: InputIssue[] = []
  const refuse = (path: string, reason: string) => issues.push({ path, reason })
  if (section.kind === 'plateCamera' && !section.lane)
    refuse('hikvision.lane', 'a plate camera stands at a lane')
  if (section.kind === 'plateCamera' && section.doors > 0) refuse('hikvision.doors', 'a camera has no doors')
  const isDoor = (door: number) => Number.isInteger(door) && door >= 1 && door <= section.doors
  profile.points.forEach(({ hikvision, scale }, index) => {
    if (!hikvision) return refuse(`points[${index}].hikvision`, 'missing for driver hikvision')
    if (scale !== 0) refuse(`points[${index}].scale`, 'the device counts in whole numbers')
    if (hikvision.field === 'doorState' && !isDoor(hikvision.door ?? 1))
      refuse(`points[${index}].hikvision.door`, `not a door of 1–${section.doors}`)
  })
  const known: readonly string[] = COMMANDS[section.kind]
  profile.commands.forEach(({ kind, door }, index) => {
    if (!known.includes(kind)) refuse(`commands[${index}].kind`, `a ${section.kind} has no ${kind}`)
    if (kind === 'door' && !isDoor(Number(door))) refuse(`commands[${index}].door`, `not a door of 1–${section.doors}`) // prettier-ignore
  })
  return issues
}
