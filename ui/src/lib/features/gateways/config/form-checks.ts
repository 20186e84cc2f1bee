/** What the form itself can see is wrong, at once; the hub and the gateway have the last word. */
import { formOf, type Field, type Node } from './form-model.ts'
import { isFields, type Fields, type Path } from './paths.ts'

/** `code` is said in words by the form; `values` go into the sentence. */
export interface FormIssue {
  readonly path: Path
  readonly code: 'missing' | 'notNumber' | 'notInteger' | 'below' | 'above' | 'pattern' | 'tooShort' | 'tooLong' | 'notOneOf' | 'unknownField' | 'duplicateKey' | 'unknownBus' // prettier-ignore
  readonly value: string
}

export function checkFields(fields: readonly Field[], given: unknown, at: Path = []): FormIssue[] {
  const value = isFields(given) ? given : {}
  const known = fields.flatMap((field) => {
    const path = [...at, field.name]
    const own = value[field.name]
    if (own === undefined)
      return field.required && field.fallback === undefined && field.node.kind !== 'constant'
        ? [{ path, code: 'missing', value: '' } as const]
        : []
    return checkNode(field.node, own, path)
  })
  const unknown = Object.keys(value)
    .filter((name) => !fields.some((field) => field.name === name))
    .map((name) => ({ path: [...at, name], code: 'unknownField', value: name }) as const)
  return [...known, ...unknown]
}

export function checkNode(node: Node, value: unknown, path: Path): FormIssue[] {
  switch (node.kind) {
    case 'text':
      return checkText(node, value, path)
    case 'number':
      return checkNumber(node, value, path)
    case 'choice':
      return node.options.includes(value as string) ? [] : [{ path, code: 'notOneOf', value: String(value) }]
    case 'group':
      return checkFields(node.fields, value, path)
    case 'variants':
      return checkVariants(node, value, path)
    case 'list':
      return Array.isArray(value)
        ? value.flatMap((item, index) => checkNode(node.item, item, [...path, index]))
        : []
    case 'map':
      return isFields(value)
        ? Object.entries(value).flatMap(([name, item]) => checkNode(node.value, item, [...path, name]))
        : []
    default:
      return []
  }
}

function checkVariants(node: Extract<Node, { kind: 'variants' }>, value: unknown, path: Path): FormIssue[] {
  const { [node.tag]: tag, ...own } = isFields(value) ? value : ({} as Fields)
  const variant = node.variants.find((candidate) => candidate.value === tag)
  if (!variant) return [{ path: [...path, node.tag], code: 'missing', value: '' }]
  return checkFields(variant.fields, own, path)
}

function checkText(node: Extract<Node, { kind: 'text' }>, value: unknown, path: Path): FormIssue[] {
  if (typeof value !== 'string') return [{ path, code: 'missing', value: '' }]
  // A mask stands for a text that is not here.
  if (node.secret) return []
  if (value.length < node.minLength)
    return [{ path, code: value === '' ? 'missing' : 'tooShort', value: String(node.minLength) }]
  if (node.maxLength !== null && value.length > node.maxLength)
    return [{ path, code: 'tooLong', value: String(node.maxLength) }]
  return matches(node.pattern, value) ? [] : [{ path, code: 'pattern', value: node.pattern ?? '' }]
}

function matches(pattern: string | null, value: string): boolean {
  if (pattern === null) return true
  try {
    return new RegExp(pattern, 'u').test(value)
  } catch {
    // A pattern that this browser does not know is the hub's to check.
    return true
  }
}

function checkNumber(node: Extract<Node, { kind: 'number' }>, value: unknown, path: Path): FormIssue[] {
  if (typeof value !== 'number' || !Number.isFinite(value)) return [{ path, code: 'notNumber', value: '' }]
  if (node.integer && !Number.isInteger(value)) return [{ path, code: 'notInteger', value: '' }]
  if (node.minimum !== null && (node.above ? value <= node.minimum : value < node.minimum))
    return [{ path, code: 'below', value: `${node.above ? '> ' : ''}${node.minimum}` }]
  if (node.maximum !== null && value > node.maximum)
    return [{ path, code: 'above', value: String(node.maximum) }]
  return []
}

/** Keys that stand twice; devices on a bus that is not there. */
export function checkKeys(buses: readonly Fields[], devices: readonly Fields[]): FormIssue[] {
  const keys = new Set(buses.map((bus) => bus['key']))
  const lost = devices.flatMap((device, index): FormIssue[] => {
    const bus = device['bus']
    return typeof bus === 'string' && bus !== '' && !keys.has(bus)
      ? [{ path: ['devices', index, 'bus'], code: 'unknownBus', value: bus }]
      : []
  })
  return [...duplicates('buses', buses), ...duplicates('devices', devices), ...lost]
}

function duplicates(list: string, entries: readonly Fields[]): FormIssue[] {
  const seen = new Set<unknown>()
  return entries.flatMap((entry, index): FormIssue[] => {
    const key = entry['key']
    if (typeof key !== 'string' || key === '') return []
    const twice = seen.has(key)
    seen.add(key)
    return twice ? [{ path: [list, index, 'key'], code: 'duplicateKey', value: key }] : []
  })
}

/**
 * Whether a fault that somebody else found can be meant: checkers report on every variant of a union, also on those
 * that were not chosen.
 */
export function isMeant(node: Node, value: unknown, path: Path): boolean {
  const [step, ...rest] = path
  if (step === undefined) return true
  const own = isFields(value) ? value : ({} as Fields)
  const below = (fields: readonly Field[]): boolean => {
    const field = fields.find(({ name }) => name === step)
    return field ? isMeant(field.node, own[field.name], rest) : step in own
  }
  if (node.kind === 'group') return below(node.fields)
  if (node.kind === 'list')
    return isMeant(node.item, Array.isArray(value) ? value[Number(step)] : undefined, rest)
  if (node.kind !== 'variants') return true
  const variant = node.variants.find((candidate) => candidate.value === own[node.tag])
  if (!variant) return true
  return step !== node.tag && below(variant.fields)
}

/** Checks against a whole schema, such as that of the free write. */
export const checkSchema = (schema: Fields, value: unknown): FormIssue[] =>
  checkNode(formOf(schema), value, [])
