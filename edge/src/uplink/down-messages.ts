/** What the hub sends to a gateway: one topic and one schema per kind, checked before anybody acts on it. */
import type * as z from 'zod'
import {
  AckMessage,
  CertificateMessage,
  CommandMessage,
  ConfigMessage,
  RequestMessage,
  topics,
} from '@courtyard/protocols/contract'
import type { Logger } from '../log.ts'

const kinds = {
  ack: { topic: topics.ack, schema: AckMessage },
  command: { topic: topics.commandDown, schema: CommandMessage },
  config: { topic: topics.configDown, schema: ConfigMessage },
  request: { topic: topics.requestDown, schema: RequestMessage },
  certificate: { topic: topics.certificateDown, schema: CertificateMessage },
} as const
export type DownKind = keyof typeof kinds
const downKinds = Object.keys(kinds) as DownKind[]

/** Handlers must not throw; what takes time they do by themselves. */
export type DownHandlers = {
  readonly [K in DownKind]?: (message: z.infer<(typeof kinds)[K]['schema']>) => void
} & {
  /** JSON that is not a message of its kind, such as one from a newer hub; `reason` is for people. */
  readonly unreadable?: (kind: DownKind, json: unknown, reason: string) => void
}

export function downTopics(gatewayId: string): string[] {
  return downKinds.map((kind) => kinds[kind].topic(gatewayId))
}

/** Hands a message to the handler of its kind; what is none of ours or not readable is logged. Never throws. */
export function dispatchDown(
  gatewayId: string,
  topic: string,
  payload: Buffer,
  handlers: DownHandlers,
  logger: Logger,
): void {
  const kind = downKinds.find((each) => kinds[each].topic(gatewayId) === topic)
  if (!kind) return
  const json = parseJson(payload)
  const parsed = kinds[kind].schema.safeParse(json)
  if (!parsed.success) {
    const reason = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')
    logger.warn(
      { topic, bytes: payload.length, reason },
      'a message from the hub that cannot be read was ignored',
    )
    handlers.unreadable?.(kind, json, reason)
    return
  }
  // The schema of the kind has just been passed.
  const handle = handlers[kind] as ((message: unknown) => void) | undefined
  if (handle) handle(parsed.data)
  else logger.warn({ topic }, 'a message from the hub for which this agent has no use')
}

function parseJson(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'))
  } catch {
    return undefined
  }
}
