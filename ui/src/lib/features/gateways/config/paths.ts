/** Places inside a configuration, as the hub and the edge write them: `buses[0].transport.host`. */
export type Path = readonly (string | number)[]

/** Also takes `buses.0.key` and the JSON Pointer `/buses/0/key`, as schema checkers write them. */
export function parsePath(text: string): Path {
  const plain = text.replace(/^(body\.)?config(\.|\/|(?=\[)|$)/, '').replace(/^\//, '')
  return plain
    .split(/[./[\]]+/)
    .filter((step) => step !== '')
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step.replaceAll('~1', '/').replaceAll('~0', '~')))
}

export function formatPath(path: Path): string {
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`))
    .join('')
}

export function startsWith(path: Path, prefix: Path): boolean {
  return prefix.every((step, index) => String(path[index]) === String(step))
}
export const samePath = (a: Path, b: Path): boolean => a.length === b.length && startsWith(a, b)

export function getAt(root: unknown, path: Path): unknown {
  let at = root
  for (const step of path) {
    if (typeof at !== 'object' || at === null) return undefined
    at = (at as Record<string | number, unknown>)[step]
  }
  return at
}

/** A copy with another value at the path; undefined takes the field or list entry away. */
export function setAt(root: unknown, path: Path, value: unknown): unknown {
  const [step, ...rest] = path
  if (step === undefined) return value
  if (typeof step === 'number') {
    const list = Array.isArray(root) ? [...(root as unknown[])] : []
    if (rest.length === 0 && value === undefined) list.splice(step, 1)
    else list[step] = setAt(list[step], rest, value)
    return list
  }
  const fields = isFields(root) ? { ...root } : {}
  const next = setAt(fields[step], rest, value)
  if (next === undefined) delete fields[step]
  else fields[step] = next
  return fields
}

export type Fields = Record<string, unknown>
export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Equal as configuration: the order of fields says nothing. */
export function sameContent(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, index) => sameContent(item, b[index]))
  if (!isFields(a) || !isFields(b)) return false
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => name in b && sameContent(a[name], b[name]))
  )
}
