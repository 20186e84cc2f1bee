import { format } from 'oxfmt'
import type * as z from 'zod'
import { environmentSchema, isSecret } from '../src/platform/config.ts'

/** The text of CONFIG.md, from the schema. */
export async function configPage(): Promise<string> {
  const rows = Object.entries(environmentSchema.shape).map(([name, field]) => {
    const standard = (field as z.ZodType).safeParse(undefined).data as string | number | string[] | undefined
    const shown = standard === undefined ? '' : `\`${[standard].flat().join(',')}\``
    const secret = isSecret(field) ? ' *Secret: never shown in logs.*' : ''
    return `| \`${name}\` | ${shown} | ${(field as z.ZodType).description ?? ''}.${secret} |`
  })
  const page = `# Configuration of the hub

Everything comes from environment variables; an empty one counts as not set. With a fault in any of them the hub
lists all faults and ends with exit code 2. This page is written from \`src/platform/config.ts\` by
\`npm run config-page -w hub\`.

| Variable | Default | Meaning |
| --- | --- | --- |
${rows.join('\n')}
`
  return (await format('CONFIG.md', page)).code
}
