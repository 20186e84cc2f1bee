import type { Overview } from '@courtyard/protocols/contract'
import { preferences } from '#lib/state/preferences.svelte.ts'
import { m } from '#lib/paraglide/messages.js'

type Item = Overview['attention'][number]

/** The sentence of something that needs attention. */
export function attentionText({ code, values }: Item): string {
  const english = preferences.locale === 'en' ? values['nameEn'] : undefined
  const name = english ?? values['name'] ?? ''
  const count = values['count'] ?? ''
  switch (code) {
    case 'gatewayOffline':
      return m.attention_gateway_offline({ name })
    case 'deviceOffline':
      return m.attention_device_offline({ name })
    case 'readingsLost':
      return m.attention_readings_lost({ name, count })
    case 'quarantine':
      return m.attention_quarantine({ count })
    case 'usageHeld':
      return m.attention_usage_held({ name })
    case 'usageJump':
      return m.attention_usage_jump({ name })
    case 'usageGap':
      return m.attention_usage_gap({ name })
    case 'backlog':
      return m.attention_backlog({ name, count })
    case 'runNotIssued':
      return m.attention_run_not_issued({ name })
    case 'commandsAwaiting':
      return m.attention_commands({ count })
    case 'configRefused':
      return m.attention_config({ name, number: values['number'] ?? '' })
    case 'certificateEnding':
      return m.attention_certificate({ name, until: values['until'] ?? '' })
    case 'clockUntrusted':
      return m.attention_clock({ name })
  }
}
