/** Whether a device can be told what the hub wants, by its profile and its driver's schema. Pure. */
import type { CommandBody } from '@courtyard/protocols/contract'
import { parseDecimal, powerOfTen, type Decimal } from '@courtyard/protocols/decimal'
import type { DeviceProfile, ProfileCommand } from '@courtyard/protocols/profile'
import type { DriverDefinition } from '../drivers/driver.ts'
import { FREE_WRITE } from './device-commands.ts'

type Definition = Pick<DriverDefinition, 'id' | 'writeSchema'>

/** Why not, in words for people; null when it can. */
export function whyNot(
  target: string,
  body: CommandBody,
  profile: DeviceProfile,
  definition: Definition,
): string | null {
  const command = profile.commands.find(({ key }) => key === target)
  if (!command) {
    if (target === FREE_WRITE && body.kind === 'write') return whyNotWrite(body.data, definition)
    return `a device of profile ${profile.id} has no command "${target}"`
  }
  if (command.kind !== body.kind) return `"${target}" is a command of kind ${command.kind}, not ${body.kind}`
  if (body.kind === 'setpoint') return whyNotValue(command, body.value)
  if (body.kind === 'write') return whyNotWrite(body.data, definition)
  return 'action' in body ? whyNotAction(command, body.action) : null
}

function whyNotAction(command: ProfileCommand, action: string): string | null {
  const { modbus, opcua, mqtt, bacnet, snmp } = command
  for (const values of [modbus?.values, opcua?.values, mqtt?.payloads, bacnet?.values, snmp?.values]) {
    if (values && !(action in values)) return `the profile does not say how to "${action}" "${command.key}"`
  }
  return null
}

function whyNotValue({ key, unit = '', scale, range }: ProfileCommand, text: string): string | null {
  const value = parseDecimal(text)
  if (scale !== undefined && !fitsScale(value, scale)) {
    return `"${key}" takes at most ${scale} decimal places, not ${text}`
  }
  if (range && (less(value, parseDecimal(range[0])) || less(parseDecimal(range[1]), value))) {
    return `"${key}" takes ${range[0]} to ${range[1]} ${unit}, not ${text}`.replace(/ +/g, ' ')
  }
  return null
}

function fitsScale({ units, places }: Decimal, scale: number): boolean {
  return places <= scale || units % powerOfTen(places - scale) === 0n
}

function less(a: Decimal, b: Decimal): boolean {
  const places = Math.max(a.places, b.places)
  return a.units * powerOfTen(places - a.places) < b.units * powerOfTen(places - b.places)
}

function whyNotWrite(data: Record<string, unknown>, { id, writeSchema }: Definition): string | null {
  if (!writeSchema) return `driver ${id} has no free write`
  const parsed = writeSchema.safeParse(data)
  if (parsed.success) return null
  const issues = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'data'}: ${issue.message}`)
  return `the write is not one of driver ${id}: ${issues.slice(0, 5).join('; ')}`
}
