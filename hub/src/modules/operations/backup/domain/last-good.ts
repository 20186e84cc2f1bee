/** Which backup is the last that one could go back to. */

export interface JudgedBackup {
  readonly id: string
  readonly state: 'waiting' | 'running' | 'done' | 'failed'
  /** What reading it back has shown. */
  readonly checkState: 'waiting' | 'good' | 'bad' | null
}

/** Made, and not known to be damaged. */
const isRestorable = ({ state, checkState }: JudgedBackup): boolean =>
  state === 'done' && checkState !== 'bad'

/** Whether nothing is left that could be restored when this one is gone. */
export function isLastGood(backups: readonly JudgedBackup[], id: string): boolean {
  const good = backups.filter(isRestorable)
  return good.length === 1 && good[0]!.id === id
}
