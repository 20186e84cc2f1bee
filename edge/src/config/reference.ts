/** The reference of the site file as Markdown, from its schema. */
import * as z from 'zod'
import { driverDefinitions } from '../drivers/registry.ts'
import { SiteSchema } from './site.schema.ts'

interface SchemaNode {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly required?: readonly string[]
  readonly items?: SchemaNode
  readonly oneOf?: readonly SchemaNode[]
  readonly anyOf?: readonly SchemaNode[]
  readonly minimum?: number
  readonly exclusiveMinimum?: number
  readonly maximum?: number
  readonly additionalProperties?: SchemaNode | boolean
}

export function configReference(): string {
  const sections = [
    '# Configuration of the edge agent',
    '',
    '<!-- prettier-ignore-start -->',
    '',
    'Made from the schema by `courtyard-edge config-reference`; a test keeps it so. The file is YAML; keys that are not',
    'listed here are refused. `courtyard-edge check --config site.yaml` lists every fault of a file. After a change, send',
    'the agent SIGHUP: a good file is applied, a bad one is reported and the running configuration stays.',
    'A change of `gateway.dataDir`, `gateway.statusHost`, `gateway.statusPort` or `outbox.maxPages` needs a restart.',
    '',
    '`gateway` and `hub` always come from this file. Once the hub has given the gateway a configuration, it takes the place',
    'of `buses`, `devices`, `outbox` and `uplink`; `courtyard-edge check` says which one runs, and',
    '`courtyard-edge local-config --config site.yaml` goes back to the file.',
    '',
    '## Site file',
    ...table(siteNode()),
  ]
  for (const definition of driverDefinitions) {
    sections.push(
      '',
      `## \`buses[]\` with driver \`${definition.id}\``,
      '',
      'Besides `key` and `driver`:',
      ...table(toNode(definition.busSchema)),
      '',
      `## \`devices[].address\` with driver \`${definition.id}\``,
      ...table(toNode(definition.addressSchema)),
    )
  }
  sections.push('', '<!-- prettier-ignore-end -->')
  return `${sections.join('\n')}\n`
}

/** A driver's own fields of a bus have tables of their own. */
function siteNode(): SchemaNode {
  const site = toNode(SiteSchema)
  const buses = site.properties!['buses']!
  const { key, driver } = (buses.items?.oneOf?.[0] ?? buses.items)!.properties!
  const drivers = driverDefinitions.map((definition) => definition.id)
  const { const: _one, ...anyDriver } = driver!
  const items = { type: 'object', required: ['key', 'driver'], properties: { key: key!, driver: { ...anyDriver, enum: drivers } } } // prettier-ignore
  return { ...site, properties: { ...site.properties, buses: { ...buses, items } } }
}

function toNode(schema: z.ZodType): SchemaNode {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as SchemaNode
}

interface Row {
  readonly path: string
  readonly kind: string
  readonly value: string
  readonly meaning: string
}

/** The fields of a schema, one row each; also what the command line shows as help. */
export function fieldsOf(schema: z.ZodType): Row[] {
  return rowsOf(toNode(schema), '')
}

function table(root: SchemaNode): string[] {
  const rows = rowsOf(root, '').map(({ path, kind, value, meaning }) => {
    const shown = value === 'required' || value === '–' ? value : `\`${value}\``
    return `| \`${path}\` | ${kind} | ${shown} | ${meaning} |`
  })
  return ['', '| Key | Kind | Default | Meaning |', '|---|---|---|---|', ...rows]
}

function rowsOf(node: SchemaNode, prefix: string): Row[] {
  const variants = variantsOf(node)
  const only = (variant: SchemaNode, name: string) =>
    variants.some((other) => !other.properties || !(name in other.properties)) ? labelOf(variant) : ''
  return merged(variants.flatMap((variant) => rowsOfObject(variant, prefix, (name) => only(variant, name))))
}

/** What tells a variant from the others: `type` `"serial"`. */
function labelOf({ properties = {} }: SchemaNode): string {
  const told = Object.entries(properties).find(([, child]) => child.const !== undefined)
  return told ? ` (with \`${told[0]}\` \`${JSON.stringify(told[1].const)}\`)` : ''
}

function rowsOfObject(node: SchemaNode, prefix: string, only: (name: string) => string): Row[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const required = node.required?.includes(name) ?? false
    const path = `${prefix}${name}${child.items ? '[]' : ''}`
    const value = child.default === undefined ? (required ? 'required' : '–') : JSON.stringify(child.default)
    const row = { path, kind: kindOf(child), value, meaning: `${child.description ?? ''}${only(name)}` }
    return [row, ...rowsOf(child.items ?? child, `${path}.`)]
  })
}

function variantsOf(node: SchemaNode): readonly SchemaNode[] {
  return node.oneOf ?? node.anyOf ?? [node]
}

/** The same field of several variants is one row. */
function merged(rows: readonly Row[]): Row[] {
  const byPath = new Map<string, Row>()
  for (const row of rows) {
    const other = byPath.get(row.path)
    const join = (key: 'kind' | 'meaning') =>
      !other || other[key] === row[key] ? row[key] : `${other[key]}${key === 'kind' ? ', ' : '; '}${row[key]}`
    const value = other && other.value !== row.value && row.value === 'required' ? other.value : row.value
    byPath.set(row.path, { path: row.path, kind: join('kind'), value, meaning: join('meaning') })
  }
  return [...byPath.values()]
}

function kindOf(node: SchemaNode): string {
  if (node.const !== undefined) return `\`${JSON.stringify(node.const)}\``
  if (node.enum) return node.enum.map((value) => `\`${String(value)}\``).join(', ')
  if (node.items) return 'list'
  const variants = variantsOf(node)
  if (variants.length > 1) return [...new Set(variants.map(kindOf))].join(' or ')
  if (node.type === 'object') return typeof node.additionalProperties === 'object' ? 'map' : 'section'
  const { minimum = node.exclusiveMinimum === undefined ? undefined : `>${node.exclusiveMinimum}`, maximum } =
    node
  const bounds = [minimum, maximum].map((bound) =>
    Math.abs(Number(bound)) === Number.MAX_SAFE_INTEGER ? undefined : bound,
  )
  if (bounds.every((bound) => bound === undefined)) return node.type ?? 'any'
  return `${node.type}, ${bounds[0] ?? ''}…${bounds[1] ?? ''}`
}
