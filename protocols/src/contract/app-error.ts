/**
 * The one error of the product. `code` is stable and is what programs and translations look at;
 * `details` is safe to show to the caller (never a secret); `cause` keeps the original.
 */
export class AppError extends Error {
  readonly code: string
  readonly details: Readonly<Record<string, unknown>>

  constructor(
    code: string,
    message: string,
    options: { details?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.details = options.details ?? {}
  }
}

/** One thing that is wrong with an input: where it is and why it is refused. */
export interface InputIssue {
  /** Path of the field, such as `devices[3].address.unitId`. */
  readonly path: string
  readonly reason: string
}
