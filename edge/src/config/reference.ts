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
    '## Site file',
    ...table(toNode(SiteSchema)),
  ]
  for (const definition of driverDefinitions) {
    sections.push(
      '',
      `## \`devices[].address\` with driver \`${definition.id}\``,
      ...table(toNode(definition.addressSchema)),
    )
  }
  sections.push('', '<!-- prettier-ignore-end -->')
  return `${sections.join('\n')}\n`
}

function toNode(schema: z.ZodType): SchemaNode {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as SchemaNode
}

function table(root: SchemaNode): string[] {
  return ['', '| Key | Kind | Default | Meaning |', '|---|---|---|---|', ...rowsOf(root, '')]
}

function rowsOf(node: SchemaNode, prefix: string): string[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const required = node.required?.includes(name) ?? false
    const variants = child.items?.oneOf ?? [child.items ?? child]
    const path = `${prefix}${name}${child.items ? '[]' : ''}`
    const value =
      child.default === undefined ? (required ? 'required' : '–') : `\`${JSON.stringify(child.default)}\``
    const row = `| \`${path}\` | ${kindOf(child)} | ${value} | ${child.description ?? ''} |`
    return [row, ...variants.flatMap((variant) => rowsOf(variant, `${path}.`))]
  })
}

function kindOf(node: SchemaNode): string {
  if (node.const !== undefined) return `\`${JSON.stringify(node.const)}\``
  if (node.enum) return node.enum.map((value) => `\`${String(value)}\``).join(', ')
  if (node.items) return 'list'
  if (node.type === 'object') return typeof node.additionalProperties === 'object' ? 'map' : 'section'
  const { minimum = node.exclusiveMinimum === undefined ? undefined : `>${node.exclusiveMinimum}`, maximum } =
    node
  const bounds = [minimum, maximum].map((bound) =>
    Math.abs(Number(bound)) === Number.MAX_SAFE_INTEGER ? undefined : bound,
  )
  if (bounds.every((bound) => bound === undefined)) return node.type ?? 'any'
  return `${node.type}, ${bounds[0] ?? ''}…${bounds[1] ?? ''}`
}
