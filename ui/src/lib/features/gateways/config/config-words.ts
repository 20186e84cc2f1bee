/**
 * Names of configuration fields for people. Agents send their schema in English; what is known here is said in the
 * person's language, what is new appears as the agent names it.
 */
import { preferences } from '#lib/state/preferences.svelte.ts'
import { helpInChinese, namesInChinese } from './config-glossary.ts'

const units: readonly [RegExp, string][] = [
  [/Ms$/, 'ms'],
  [/Seconds$/, 's'],
  [/Hours$/, 'h'],
  [/Days$/, 'd'],
  [/Bytes$/, 'B'],
]
const acronyms = /\b(tcp|udp|url|ca|id|ip|mqtt|obis|http|https|tls|rtu|oid|snmp|pin|di|crc|api|qos)\b/gi

/** `timeoutMs` → `Timeout (ms)`; for fields that no dictionary has. */
export function humanName(name: string): string {
  const unit = units.find(([pattern]) => pattern.test(name))
  const stem = unit ? name.replace(unit[0], '') : name
  const words = (stem || name).replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase()
  const spelled = words.replaceAll(acronyms, (word) => word.toUpperCase())
  const text = spelled.charAt(0).toUpperCase() + spelled.slice(1)
  return unit && stem ? `${text} (${unit[1]})` : text
}

export function fieldName(name: string): string {
  const unit = units.find(([pattern]) => pattern.test(name))
  if (preferences.locale === 'en') return humanName(name)
  const known = namesInChinese[name] ?? (unit && namesInChinese[name.replace(unit[0], '')])
  if (!known) return humanName(name)
  return unit ? `${known} (${unit[1]})` : known
}

export function fieldHelp(description: string): string | undefined {
  const help = preferences.locale === 'en' ? description : (helpInChinese[description] ?? description)
  return help === '' ? undefined : help.replaceAll('`', '')
}

/** A value of a choice or the kind of a connection. */
export function optionName(value: unknown): string {
  const text = String(value)
  if (preferences.locale === 'en') return text
  const known = namesInChinese[`=${text}`]
  return known ? `${known} (${text})` : text
}

const driverNames: Readonly<Record<string, string>> = {
  modbus: 'Modbus RTU / TCP',
  dlt645: 'DL/T 645',
  cjt188: 'CJ/T 188',
  opcua: 'OPC UA',
  mqtt: 'MQTT',
  zkteco: 'ZKTeco',
  hikvision: 'Hikvision ISAPI',
  bacnet: 'BACnet/IP',
  snmp: 'SNMP',
}
export const driverName = (id: unknown): string => driverNames[String(id)] ?? String(id)
