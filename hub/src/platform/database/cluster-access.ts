import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'

/** How to reach the embedded server. */
const ClusterAccess = z.object({ port: z.number().int(), user: z.string(), password: z.string() })
export type ClusterAccess = z.infer<typeof ClusterAccess>

const fileName = 'access.json'

/** Null when there is none or it does not read: then the cluster was never finished. */
export async function readAccess(folder: string): Promise<ClusterAccess | null> {
  const text = await readFile(join(folder, fileName), 'utf8').catch(() => null)
  if (text === null) return null
  return ClusterAccess.parse(JSON.parse(text))
}

/** Readable by the owner only; replaced in one step. */
export async function saveAccess(folder: string, access: ClusterAccess): Promise<void> {
  const temporary = join(folder, `${fileName}.new`)
  await writeFile(temporary, `${JSON.stringify(access, null, 2)}\n`, { mode: 0o600 })
  await rename(temporary, join(folder, fileName))
}
