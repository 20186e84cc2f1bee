import type { Condition } from '@courtyard/protocols/contract'
import { ResourceClient } from '#lib/api/resource-client.ts'
import type { ComboOption } from '#lib/components/ComboBox.svelte'
import { session } from '#lib/state/session.svelte.ts'
import { catalogue } from './catalogue.svelte.ts'
import { titleOf } from './fields.ts'

/** Records of a resource whose fields hold the words, for a look-up field; 20 at most. */
export async function searchRecords(
  resource: string,
  words: string,
  signal: AbortSignal,
  where: readonly Condition[] = [],
): Promise<readonly ComboOption[]> {
  const meta = await catalogue.meta(resource)
  const { items } = await new ResourceClient(meta).list(
    {
      ...(meta.inProject ? { projectId: session.projectId } : {}),
      ...(words ? { q: words } : {}),
      ...(where.length > 0 ? { where: JSON.stringify(where) } : {}),
      limit: 20,
    },
    signal,
  )
  return items.map((row) => ({ value: row.id, text: titleOf(meta, row) }))
}

/** What records are called, for those that an address names by id; who cannot be read is left out. */
export async function titlesOf(
  resource: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const meta = await catalogue.meta(resource)
  const client = new ResourceClient(meta)
  const rows = await Promise.allSettled(ids.map((id) => client.detail(id)))
  return new Map(
    rows.flatMap((row) => (row.status === 'fulfilled' ? [[row.value.id, titleOf(meta, row.value)]] : [])),
  )
}
