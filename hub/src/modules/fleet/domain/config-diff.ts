/** What changed between two configurations, field by field, for the audit: secrets only as "another one". */
import { SECRET_MASK, type ManagedConfig } from '@courtyard/protocols/contract'
import { keyOf, secretPlaces, type FleetSchema } from './secret-places.ts'

export interface ConfigChange {
  /** `buses[rtu1].baudRate`: buses and devices by their keys. */
  readonly path: string
  /** Absent: it was not there. */
  readonly before?: unknown
  readonly after?: unknown
}

export interface ConfigDiff {
  readonly changes: readonly ConfigChange[]
  /** Changes beyond those listed. */
  readonly more: number
}

const MOST_CHANGES = 200

export function diffConfigs(
  before: ManagedConfig | null,
  after: ManagedConfig,
  schema: FleetSchema | null,
): ConfigDiff {
  const old = before ? fieldsOf(before, schema) : new Map<string, Field>()
  const next = fieldsOf(after, schema)
  const paths = [...new Set([...old.keys(), ...next.keys()])]
  const changes = paths.flatMap((path): ConfigChange[] => {
    const [was, is] = [old.get(path), next.get(path)]
    if (was && is && JSON.stringify(was.value) === JSON.stringify(is.value)) return []
    return [{ path, ...(was ? { before: shown(was) } : {}), ...(is ? { after: shown(is) } : {}) }]
  })
  return { changes: changes.slice(0, MOST_CHANGES), more: Math.max(0, changes.length - MOST_CHANGES) }
}

interface Field {
  readonly value: unknown
  readonly secret: boolean
}

function shown({ value, secret }: Field): unknown {
  return secret ? SECRET_MASK : value
}

/** Ends of the tree by their path; empty lists and objects are ends too. */
function fieldsOf(config: ManagedConfig, schema: FleetSchema | null): Map<string, Field> {
  const fields = new Map<string, Field>()
  const secrets = new Set(secretPlaces(config, schema).map(({ steps }) => JSON.stringify(steps)))
  const visit = (value: unknown, path: string, steps: readonly (string | number)[]): void => {
    const secret = secrets.has(JSON.stringify(steps))
    const children = secret || typeof value !== 'object' || value === null ? [] : Object.entries(value)
    if (children.length === 0) {
      if (steps.length > 1 || !Array.isArray(value)) fields.set(path, { value, secret })
      return
    }
    for (const [name, child] of children) {
      if (Array.isArray(value)) {
        const index = Number(name)
        visit(child, `${path}[${keyOf(child, index)}]`, [...steps, index])
      } else visit(child, path === '' ? name : `${path}.${name}`, [...steps, name])
    }
  }
  visit(config, '', [])
  return fields
}
