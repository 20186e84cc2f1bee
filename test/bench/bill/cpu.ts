/** CPU time of a PostgreSQL server of this machine, from Linux' /proc. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'

/** Clock ticks per second that /proc counts in: 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100

/**
 * Seconds of CPU (user and system) that the server and all of its processes have used; null where that cannot be
 * known, because the server runs elsewhere or the machine has no /proc.
 */
export async function serverCpuSeconds(pool: pg.Pool): Promise<number | null> {
  const { rows } = await pool.query<{ folder: string }>(`SELECT current_setting('data_directory') AS folder`)
  try {
    const [pid] = (await readFile(join(rows[0]!.folder, 'postmaster.pid'), 'utf8')).split('\n')
    const processes = await Promise.all((await readdir('/proc')).filter(isNumber).map(readTimes))
    const own = processes.filter((one) => one?.pid === pid || one?.parent === pid)
    // Sessions that have ended are counted in their parent
    const ticks = own.reduce((sum, one) => sum + one!.ticks + (one!.pid === pid ? one!.endedTicks : 0), 0)
    return own.length > 0 ? ticks / TICKS_PER_SECOND : null
  } catch {
    return null
  }
}

const isNumber = (name: string) => /^\d+$/.test(name)

/** Fields of proc_pid_stat(5); null when the process has just ended. */
async function readTimes(pid: string) {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  if (text === null) return null
  // The name stands in brackets and may hold anything
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [utime, stime, cutime, cstime] = fields.slice(11, 15).map(Number)
  return { pid, parent: fields[1]!, ticks: utime! + stime!, endedTicks: cutime! + cstime! }
}
