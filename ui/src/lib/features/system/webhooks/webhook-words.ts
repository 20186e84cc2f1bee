import type { Webhook, WebhookDeliveryState, WebhookPlace } from '@courtyard/protocols/contract'
import type { Tone } from '#lib/components/StateMark.svelte'
import { placeWords } from '../scope-words.ts'
import { m } from '#lib/paraglide/messages.js'

export const deliveryStates: Readonly<Record<WebhookDeliveryState, { tone: Tone; text: () => string }>> = {
  queued: { tone: 'accent', text: m.hook_delivery_queued },
  failed: { tone: 'attention', text: m.hook_delivery_failed },
  delivered: { tone: 'ok', text: m.hook_delivery_delivered },
  dead: { tone: 'fault', text: m.hook_delivery_dead },
}

const FAILING_MS = 10 * 60_000

/** One state of a webhook: what a person has to know first. */
export function webhookState(webhook: Webhook, nowMs = Date.now()): { tone: Tone; text: string } {
  if (!webhook.active) return { tone: 'unknown', text: m.hook_state_paused() }
  if (webhook.owner.disabled) return { tone: 'fault', text: m.hook_state_owner() }
  // A first failure is mostly a restart; what was given up before it worked again is no state of now
  if (webhook.failingSince !== null && nowMs - Date.parse(webhook.failingSince) > FAILING_MS)
    return { tone: 'fault', text: m.hook_state_failing() }
  if (webhook.failingSince !== null || webhook.failing > 0)
    return { tone: 'attention', text: m.hook_delivery_failed() }
  return { tone: 'ok', text: m.hook_state_active() }
}

export const webhookPlaceWords = (place: WebhookPlace): string =>
  placeWords(place.all ? place : { ...place, buildings: [] })
