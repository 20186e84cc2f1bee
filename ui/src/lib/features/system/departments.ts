import type { Company, Department } from '@courtyard/protocols/contract'

export interface DepartmentOption {
  readonly id: string
  /** Set in by its depth; with the company where there are several. */
  readonly text: string
  readonly posts: Department['posts']
}

/** Depth of each department in its tree, 0 at the top; in the order of the list. */
export function depthsOf(departments: readonly Department[]): Map<string, number> {
  const depths = new Map<string, number>()
  for (const { id, parentId } of departments) depths.set(id, (depths.get(parentId ?? '') ?? -1) + 1)
  return depths
}

export function departmentOptions(companies: readonly Company[]): DepartmentOption[] {
  return companies.flatMap(({ name, departments }) => {
    const depths = depthsOf(departments)
    const prefix = companies.length > 1 ? `${name} · ` : ''
    return departments.map((one) => ({
      id: one.id,
      text: prefix + '\u2003'.repeat(depths.get(one.id) ?? 0) + one.name,
      posts: one.posts,
    }))
  })
}

/** The department and all below it. */
export function withBelow(departments: readonly Department[], id: string): Set<string> {
  const found = new Set([id])
  // Parents come before their children
  for (const one of departments) if (one.parentId !== null && found.has(one.parentId)) found.add(one.id)
  return found
}
