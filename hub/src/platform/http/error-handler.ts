import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { AppError, type ErrorBody, type InputIssue } from '@courtyard/protocols/contract'
import { platformErrors, statusOf, type InputFault } from '../errors.ts'
import { languageOf } from '../reasons/language.ts'
import { isReason, say, type Language } from '../reasons/reason.ts'
import { reasonOfIssue } from '../reasons/zod-reason.ts'
import { SchemaFault } from './validation.ts'

interface Answer {
  status: number
  code: string
  message: string
  issues?: InputIssue[]
  details?: Record<string, unknown>
}

/**
 * The one place where an error becomes an HTTP answer, its reasons in the language of the reader. Anything unforeseen is logged whole and told blankly.
 */
export function answerError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const answer = describeError(error, languageOf(request.headers['accept-language']))
  if (answer.status >= 500) request.log.error({ err: error }, 'request failed')
  const { status, ...rest } = answer
  const body: ErrorBody = { error: { ...rest, requestId: request.id } }
  const retryAfter = answer.details?.retryAfterSeconds
  if (typeof retryAfter === 'number') reply.header('retry-after', String(retryAfter))
  return reply.status(status).type('application/json').send(JSON.stringify(body))
}

export function describeError(error: FastifyError | Error, language: Language): Answer {
  if (error instanceof AppError) return describeAppError(error, language)
  if (error instanceof SchemaFault) {
    const issues = error.issues.map((issue) => ({
      path: fieldPath(error.validationContext, issue.path),
      reason: say(reasonOfIssue(issue), language),
    }))
    return { status: 400, code: platformErrors.invalidInput.code, message: 'The input is not valid', issues }
  }
  const status = (error as FastifyError).statusCode ?? 500
  if (status >= 400 && status < 500) return { status, code: codeOfStatus(status), message: error.message }
  return {
    status: 500,
    code: platformErrors.internal.code,
    message: 'Something went wrong in the hub; the log says what',
  }
}

function describeAppError(error: AppError, language: Language): Answer {
  const status = statusOf(error.code)
  const { issues, ...rest } = error.details as { issues?: InputFault[] }
  const details = Object.fromEntries(
    Object.entries(rest).map(([name, value]) => [name, isReason(value) ? say(value, language) : value]),
  )
  return {
    status,
    code: error.code,
    message: error.message,
    ...(issues
      ? { issues: issues.map(({ path, reason }) => ({ path, reason: say(reason, language) })) }
      : {}),
    ...(Object.keys(details).length > 0 ? { details } : {}),
  }
}

/** `series[3].name`, with the part of the request before it unless it is the body. */
function fieldPath(part: string | undefined, steps: readonly PropertyKey[]): string {
  const path = steps.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('')
  const name = part === 'querystring' ? 'query' : part
  const prefix = name && name !== 'body' ? name : ''
  return `${prefix}${path}`.replace(/^\./, '') || (name ?? '')
}

function codeOfStatus(status: number): string {
  if (status === 404) return platformErrors.notFound.code
  if (status === 413) return platformErrors.tooLarge.code
  if (status === 415) return platformErrors.unsupportedMedia.code
  if (status === 429) return platformErrors.tooManyRequests.code
  return platformErrors.invalidInput.code
}
