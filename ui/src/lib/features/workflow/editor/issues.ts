import type { DefinitionIssue, ProcessContent } from '@courtyard/protocols/contract'

interface WithIssues {
  readonly issues?: readonly { readonly path: string; readonly reason: string }[]
}

/** `body.content.steps.2.name.zh` → the step and the reason. */
export function issuesOf(error: unknown, content: ProcessContent): DefinitionIssue[] {
  return ((error as WithIssues).issues ?? []).map(({ path, reason }) => {
    const index = /steps\.(\d+)/.exec(path)?.[1]
    const field = path.replace(/^body\.content\.(steps\.\d+\.)?/, '')
    return {
      step: index === undefined ? null : (content.steps[Number(index)]?.key ?? null),
      reason: `${field}：${reason}`,
    }
  })
}
