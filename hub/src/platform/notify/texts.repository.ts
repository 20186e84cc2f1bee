/** Texts in force: the newest edited version of a template, else that of the program. */
import type { MessageTexts, OutsideChannel } from '@courtyard/protocols/contract'
import { rowsOf, type WorkflowReader } from '../workflow/client.ts'
import type { MessageTemplate } from './template.ts'

export interface TextsInForce {
  /** 0: as it comes with the program. */
  readonly version: number
  readonly texts: MessageTexts
  readonly channels: readonly OutsideChannel[]
  readonly providerCodes: Readonly<Partial<Record<OutsideChannel, string>>>
  /** The text, not only the channels, was changed here. */
  readonly edited: boolean
}

interface Row {
  key: string
  version: number
  texts: MessageTexts | null
  channels: OutsideChannel[]
  codes: Partial<Record<OutsideChannel, string>>
}

export async function textsInForce(client: WorkflowReader, template: MessageTemplate): Promise<TextsInForce> {
  const [row] = await rowsOf<Row>(
    client,
    `select key, version, texts, channels, provider_codes as codes from message_template_version
     where key = $1 order by version desc limit 1`,
    [template.key],
  )
  return inForce(template, row)
}

export async function textsOfAll(
  client: WorkflowReader,
  templates: readonly MessageTemplate[],
): Promise<(MessageTemplate & { readonly now: TextsInForce })[]> {
  const rows = await rowsOf<Row>(
    client,
    `select distinct on (key) key, version, texts, channels, provider_codes as codes
     from message_template_version order by key, version desc`,
  )
  return templates.map((template) => ({
    ...template,
    now: inForce(
      template,
      rows.find(({ key }) => key === template.key),
    ),
  }))
}

function inForce(template: MessageTemplate, row: Row | undefined): TextsInForce {
  return {
    version: row?.version ?? 0,
    texts: row?.texts ?? template.texts,
    channels: row?.channels ?? template.channels,
    providerCodes: row?.codes ?? {},
    edited: row?.texts !== undefined && row.texts !== null,
  }
}
