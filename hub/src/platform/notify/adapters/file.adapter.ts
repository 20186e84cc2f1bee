/** Messages as lines of JSON, a file per channel and day: for trying out, and for programs that fetch them. */
import { appendFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../clock.ts'
import { SendFault, shortText, type ChannelAdapter } from './adapter.ts'

export function fileAdapter(dataFolder: string, clock: Clock): ChannelAdapter {
  const folder = join(dataFolder, 'messages')
  return async (message) => {
    const at = clock.now().toISOString()
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const file = join(folder, `${message.channel}-${at.slice(0, 10)}.jsonl`)
      await appendFile(file, `${JSON.stringify({ at, ...message })}\n`, { mode: 0o600 })
    } catch (error) {
      throw new SendFault({ code: 'message.fault', fault: shortText(error) }, false, error)
    }
    return { providerId: null }
  }
}
