import type * as z from 'zod'

export interface PathIssue {
  readonly path: readonly (string | number)[]
  readonly reason: string
}

/** The faults of a zod result, each at its full path; unknown keys are one fault each, at the key. */
export function issuesOf(
  result: z.ZodSafeParseResult<unknown>,
  prefix: readonly (string | number)[] = [],
): PathIssue[] {
  if (result.success) return []
  return result.error.issues.flatMap((issue): PathIssue[] => {
    const path = [...prefix, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))]
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ path: [...path, key], reason: 'is not a known key' }))
    }
    return [{ path, reason: reasonOf(issue) }]
  })
}

function reasonOf(issue: z.core.$ZodIssue): string {
  if (
    issue.code === 'invalid_type' &&
    issue.input === undefined &&
    /received undefined/.test(issue.message)
  ) {
    return `is missing (${issue.expected} expected)`
  }
  if (issue.code === 'invalid_union' && issue.discriminator) return 'is not a known driver'
  return issue.message
}

/** `devices[3].address.unitId`. */
export function formatPath(path: readonly (string | number)[]): string {
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? part : `.${part}`))
    .join('')
}
