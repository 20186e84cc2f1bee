import { AppError, EnrolResponse, type EnrolRequest } from '@courtyard/protocols/contract'
import { errorCodes } from '../errors.ts'

/** The hub answers in this time or the attempt has failed. */
const TIMEOUT_MS = 10_000
/** Answers that say "not with this token"; anything else may pass and is tried again. */
const REFUSALS = [400, 401, 403, 409, 410, 422]

/**
 * Trades the one-time token for the gateway's own credentials.
 * @throws AppError `edge.enrolment_refused` (a new token is needed) or `edge.enrolment_failed` (try again later).
 */
export async function enrol(
  hubUrl: string,
  request: EnrolRequest,
  signal: AbortSignal,
): Promise<EnrolResponse> {
  const response = await post(hubUrl, request, signal)
  if (REFUSALS.includes(response.status)) {
    throw new AppError(
      errorCodes.enrolmentRefused,
      `the hub refused the enrolment token (HTTP ${response.status})`,
    )
  }
  const body: unknown = response.ok ? await response.json().catch(() => null) : null
  const parsed = EnrolResponse.safeParse(body)
  if (!parsed.success) {
    throw new AppError(errorCodes.enrolmentFailed, `${hubUrl} gave no enrolment (HTTP ${response.status})`)
  }
  return parsed.data
}

async function post(hubUrl: string, request: EnrolRequest, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(new URL('/api/edge/enrol', hubUrl), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    })
  } catch (cause) {
    throw new AppError(errorCodes.enrolmentFailed, `${hubUrl} cannot be reached`, { cause })
  }
}
