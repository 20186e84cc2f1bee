import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import * as z from 'zod'
import { writeWhole } from './state.ts'

const RunFile = z.object({ parent: z.number().int(), programs: z.record(z.string(), z.number().int()) })

/** Remembers the process ids of this start in `run.json`. */
export function saveRun(dataFolder: string, programs: Record<string, number>): Promise<void> {
  return writeWhole(join(dataFolder, 'run.json'), JSON.stringify({ parent: process.pid, programs }) + '\n')
}

/**
 * Ends what a start that was killed has left running on this data folder. Throws when that start still lives:
 * two of them must not share a folder. Process ids are reused by the system, so a process counts as ours only
 * when its command line says so.
 */
export async function endLeftovers(dataFolder: string): Promise<string[]> {
  const path = join(dataFolder, 'run.json')
  if (!existsSync(path)) return []
  const run = RunFile.safeParse(JSON.parse(await readFile(path, 'utf8')))
  if (!run.success) return []
  const { parent, programs } = run.data
  if (parent !== process.pid && commandOf(parent).includes('demo/start.ts')) {
    throw new Error(`another npm start (pid ${parent}) runs on ${dataFolder}`)
  }
  const ours = Object.entries(programs).filter(([, pid]) => isOurProgram(commandOf(pid)))
  for (const [, pid] of ours) signal(pid, 'SIGTERM')
  const deadline = Date.now() + 6_000
  while (ours.some(([, pid]) => signal(pid, 0)) && Date.now() < deadline) await delay(100)
  for (const [, pid] of ours) signal(pid, 'SIGKILL')
  return ours.map(([name]) => name)
}

function isOurProgram(command: string): boolean {
  return /courtyard-(simulator|edge)|hub\/src\/main\.ts/.test(command)
}

/** Command line of a process; empty when there is none. */
function commandOf(pid: number): string {
  try {
    if (existsSync('/proc/self/cmdline')) {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
    }
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' })
  } catch {
    return ''
  }
}

/** False when the process does not exist any more. */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name)
  } catch {
    return false
  }
}
