import type { MessageLanguage, OutsideChannel } from '@courtyard/protocols/contract'
import type { MessageReason } from '../reasons.ts'

/** A message as a channel gets it. */
export interface Outgoing {
  /** The same at every try: providers that know it send once. */
  readonly id: string
  readonly channel: OutsideChannel
  readonly address: string
  readonly recipient: string
  readonly language: MessageLanguage
  readonly subject: string
  readonly body: string
  /** Whole address of the page that it is about. */
  readonly link: string | null
  readonly template: string
  /** Code of the text with the provider. */
  readonly providerCode: string | null
  /** Variables of the template in the reader's language. */
  readonly variables: Readonly<Record<string, string>>
}

export interface Sent {
  /** Number that the provider gave it. */
  readonly providerId: string | null
}

/** Sends one message. @throws SendFault */
export type ChannelAdapter = (message: Outgoing) => Promise<Sent>

/** Why a try failed. `permanent`: another one would fail the same way. */
export class SendFault extends Error {
  readonly reason: MessageReason
  readonly permanent: boolean

  constructor(reason: MessageReason, permanent: boolean, cause?: unknown) {
    super(reason.code, cause === undefined ? undefined : { cause })
    this.name = 'SendFault'
    this.reason = reason
    this.permanent = permanent
  }
}

/** One line, short: it is shown to people and may quote what a provider said. */
export function shortText(text: unknown): string {
  const line = (text instanceof Error ? text.message : String(text)).replaceAll(/\s+/g, ' ').trim()
  return line.slice(0, 200)
}
