/** Rules of profiles for driver `mqtt` beyond their shape. Pure. */
import type { InputIssue } from '../../contract/app-error.ts'
import type { DeviceProfile, ProfileCommand } from '../profile.schema.ts'

const PATH = /^[^.[\]]+(\[\d+\])*(\.[^.[\]]+(\[\d+\])*)*$/
const DECIMAL = /^-?\d+(\.\d+)?$/
const ACTIONS: Partial<Record<ProfileCommand['kind'], readonly string[]>> = {
  relay: ['open', 'close'],
  valve: ['open', 'close'],
  door: ['open', 'close', 'holdOpen'],
  barrier: ['open', 'close', 'stop'],
  setpoint: ['set'],
}

export function checkMqtt(profile: DeviceProfile): InputIssue[] {
  if (profile.driver !== 'mqtt') return []
  const section = profile.mqtt
  if (!section) return [{ path: 'mqtt', reason: 'missing for driver mqtt' }]
  const issues: InputIssue[] = []
  const refuse = (path: string, reason: string) => issues.push({ path, reason })
  const path = (at: string, text: string | undefined) => {
    if (text !== undefined && !PATH.test(text)) refuse(at, 'not a path such as object.meter[0].total')
  }
  section.topics.forEach((topic, index) => {
    if (!topic.includes('{id}')) refuse(`mqtt.topics[${index}]`, 'needs {id}: a message must tell its device')
    if (!isFilter(topic)) refuse(`mqtt.topics[${index}]`, 'not an MQTT topic filter')
  })
  path('mqtt.list', section.list)
  path('mqtt.time', section.time)
  if (section.list !== undefined && section.time === undefined)
    refuse('mqtt.time', 'several readings of one message need their own instants')
  if (profile.points.length === 0) refuse('points', 'a device that publishes needs one')
  profile.points.forEach(({ mqtt }, index) => {
    if (!mqtt) return refuse(`points[${index}].mqtt`, 'missing for driver mqtt')
    path(`points[${index}].mqtt.path`, mqtt.path)
    for (const [word, value] of Object.entries(mqtt.words ?? {}))
      if (!DECIMAL.test(value)) refuse(`points[${index}].mqtt.words.${word}`, 'not a decimal')
  })
  profile.commands.forEach((command, index) => issues.push(...checkCommand(profile, command, `commands[${index}]`))) // prettier-ignore
  return issues
}

function checkCommand(profile: DeviceProfile, command: ProfileCommand, at: string): InputIssue[] {
  const { kind, mqtt, readBack } = command
  const actions = ACTIONS[kind]
  if (!actions) return [{ path: `${at}.kind`, reason: `driver mqtt has no ${kind}` }]
  if (!mqtt) return [{ path: `${at}.mqtt`, reason: 'missing for driver mqtt' }]
  const issues: InputIssue[] = []
  const refuse = (path: string, reason: string) => issues.push({ path: `${at}.${path}`, reason })
  if (/[+#]/.test(mqtt.topic) || !mqtt.topic.includes('{id}'))
    refuse('mqtt.topic', 'a topic with {id}, without wildcards')
  const known = Object.keys(mqtt.payloads)
  if (known.length === 0) refuse('mqtt.payloads', 'needs one')
  for (const action of known)
    if (!actions.includes(action)) refuse(`mqtt.payloads.${action}`, `not an action of ${kind}`)
  if (kind === 'setpoint' && !mqtt.payloads['set']?.includes('{value}'))
    refuse('mqtt.payloads.set', 'needs {value}')
  if (readBack && !profile.points.some(({ key }) => key === readBack.point))
    refuse('readBack.point', `no point ${readBack.point}`)
  return issues
}

/** MQTT 3.1.1 §4.7: `+` fills a level, `#` is the last one. */
function isFilter(topic: string): boolean {
  const levels = topic.split('/')
  return levels.every(
    (level, index) =>
      level === '+' || (level === '#' && index === levels.length - 1) || !/[+#\u0000]/.test(level), // eslint-disable-line no-control-regex
  )
}
