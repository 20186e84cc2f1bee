import type { ErrorBody, InputIssue } from '@courtyard/protocols/contract'

type Body = ErrorBody['error']

/** An answer of the hub that is not 2xx, or no answer at all (`status` 0, code `network`). */
export class ApiError extends Error {
  readonly status: number
  readonly code: string
  readonly issues: readonly InputIssue[]
  readonly details: Readonly<Record<string, unknown>>
  readonly requestId: string | null

  constructor(status: number, body: Partial<Body> & { code: string; message: string }) {
    super(body.message)
    this.name = 'ApiError'
    this.status = status
    this.code = body.code
    this.issues = body.issues ?? []
    this.details = body.details ?? {}
    this.requestId = body.requestId ?? null
  }

  /** Reason for one field, for the form that sent it. Paths of the hub may start with `body.`. */
  issueAt(path: string): string | undefined {
    return this.issues.find((issue) => issue.path === path || issue.path === `body.${path}`)?.reason
  }
}

/** Anything thrown as an ApiError, so that one view can show it. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  return new ApiError(0, {
    code: 'unexpected',
    message: error instanceof Error ? error.message : String(error),
  })
}
