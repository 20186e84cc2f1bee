/** Answers and stream parts as plain objects, whether JSON or XML. Pure. */
import { XMLParser } from 'fast-xml-parser'

export type Document = Readonly<Record<string, unknown>>

/** Entities stay as they are written but for the five of XML: no declaration of a device can make text grow. */
const xml = new XMLParser({
  ignoreAttributes: true,
  removeNSPrefix: true,
  parseTagValue: false,
  processEntities: false,
  maxNestedTags: 40,
})
const MAX_CHARS = 4 * 1024 * 1024

/** Null for what is neither. */
export function parseDocument(text: string): Document | null {
  const body = text.replace(/^\uFEFF/, '').trim()
  if (body.length > MAX_CHARS) return null
  try {
    if (body.startsWith('{')) return JSON.parse(body) as Document
    if (!body.startsWith('<') || /<!(DOCTYPE|ENTITY)/i.test(body)) return null
    return unescaped(xml.parse(body)) as Document
  } catch {
    return null
  }
}

function unescaped(value: unknown): unknown {
  if (typeof value === 'string')
    return value.replace(/&(lt|gt|quot|apos|amp|#\d{1,6}|#x[0-9a-f]{1,5});/gi, decode)
  if (Array.isArray(value)) return value.map(unescaped)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, unescaped(child)]))
}

function decode(_: string, name: string): string {
  const named: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }
  if (!name.startsWith('#')) return named[name.toLowerCase()]!
  const code = /^#x/i.test(name) ? parseInt(name.slice(2), 16) : Number(name.slice(1))
  return code > 0x10ffff ? '' : String.fromCodePoint(code)
}

export function escapeXml(text: string): string {
  return text.replace(/[<>&"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
}

/** XML has one element where JSON has a list of one. */
export function listOf(value: unknown): readonly Document[] {
  const all = Array.isArray(value) ? (value as unknown[]) : value === undefined || value === '' ? [] : [value]
  return all.filter((entry): entry is Document => typeof entry === 'object' && entry !== null)
}

export function at(document: unknown, ...path: readonly string[]): unknown {
  let value = document
  for (const name of path) value = typeof value === 'object' && value !== null ? (value as Document)[name] : undefined // prettier-ignore
  return value
}
