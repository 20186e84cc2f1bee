/**
 * The commands of the hub on the gateway's disk. A command is here before anything is said or done about it, and
 * every step is here before the next is taken; so after a kill it is known how far it may have come.
 */
import type { StatementSync } from 'node:sqlite'
import {
  finalCommandSteps,
  type CommandBody,
  type CommandMessage,
  type CommandStep,
} from '@courtyard/protocols/contract'
import type { Outbox } from '../outbox/index.ts'

/** When a command's time is over, in two clocks: the hub's, and that of the boot in which it came. */
export interface Deadline {
  readonly expiresMs: number
  readonly boot: string
  readonly expiresBootMs: number
}

export interface JournalEntry {
  readonly id: string
  readonly device: string
  readonly target: string
  /** Null once it has ended, and for a command that this agent could not read: it is only here to be refused. */
  readonly body: CommandBody | null
  readonly step: CommandStep
  readonly uncertain: boolean
  readonly message: string | null
  /** Instant of the step, by the gateway's clock. */
  readonly changedMs: number
  readonly deadline: Deadline
}

export interface FinalStep {
  readonly step: 'acknowledged' | 'confirmed' | 'failed' | 'expired'
  readonly uncertain: boolean
  readonly message: string | null
}

const finals = finalCommandSteps.map((step) => `'${step}'`).join(', ')

/** Every method throws the outbox's AppErrors when the disk does not take or give it. */
export class CommandJournal {
  private readonly outbox: Pick<Outbox, 'transaction'>
  private readonly statements: Record<
    | 'insert'
    | 'find'
    | 'begin'
    | 'finish'
    | 'open'
    | 'countOpen'
    | 'unacknowledged'
    | 'acknowledge'
    | 'forget',
    StatementSync
  >

  constructor(outbox: Pick<Outbox, 'database' | 'transaction'>) {
    this.outbox = outbox
    const prepare = (sql: string) => outbox.database.prepare(sql)
    this.statements = {
      insert: prepare(
        `INSERT OR IGNORE INTO command (id, device, target, body, step, changed_ms, expires_ms, boot, expires_boot_ms)
         VALUES (?, ?, ?, ?, 'received', ?, ?, ?, ?)`,
      ),
      find: prepare('SELECT * FROM command WHERE id = ?'),
      begin: prepare(
        "UPDATE command SET step = 'executing', changed_ms = ? WHERE id = ? AND step = 'received'",
      ),
      finish: prepare(
        // What it said may hold people's PINs, and nobody needs it any more.
        `UPDATE command SET step = ?, uncertain = ?, message = ?, changed_ms = ?, body = 'null'
         WHERE id = ? AND step IN ('received', 'executing')`,
      ),
      open: prepare(
        "SELECT * FROM command WHERE acknowledged = 0 AND step IN ('received', 'executing') ORDER BY number",
      ),
      countOpen: prepare(
        "SELECT count(*) AS n FROM command WHERE acknowledged = 0 AND step IN ('received', 'executing')",
      ),
      unacknowledged: prepare(
        'SELECT * FROM command WHERE acknowledged = 0 AND number > ? ORDER BY number LIMIT ?',
      ),
      acknowledge: prepare(`UPDATE command SET acknowledged = 1 WHERE id = ? AND step IN (${finals})`),
      forget: prepare(`DELETE FROM command WHERE changed_ms < ? AND step IN (${finals})`),
    }
  }

  /** Puts a new command down as `received`; one that is known is left as it is. Returns whether it is new. */
  receive(
    message: Pick<CommandMessage, 'id' | 'device' | 'target'> & { body: CommandBody | null },
    deadline: Deadline,
    nowMs: number,
  ): boolean {
    const { id, device, target, body } = message
    const { expiresMs, boot, expiresBootMs } = deadline
    return this.changes(
      () =>
      this.statements.insert.run(id, device, target, JSON.stringify(body), nowMs, expiresMs, boot, Math.floor(expiresBootMs)), // prettier-ignore
    )
  }

  find(id: string): JournalEntry | null {
    const row = this.statements.find.get(id)
    return row ? toEntry(row) : null
  }

  /** From `received` to `executing`. False: it is not (any more) to be executed. */
  begin(id: string, nowMs: number): boolean {
    return this.changes(() => this.statements.begin.run(nowMs, id))
  }

  /** To its final step; a command that has one keeps it. */
  finish(id: string, { step, uncertain, message }: FinalStep, nowMs: number): boolean {
    const words = message === null ? null : message.slice(0, 500)
    return this.changes(() => this.statements.finish.run(step, uncertain ? 1 : 0, words, nowMs, id))
  }

  /** Those without a final step, in the order of their arrival. */
  open(): JournalEntry[] {
    return this.statements.open.all().map(toEntry)
  }

  countOpen(): number {
    return Number(this.statements.countOpen.get()!['n'])
  }

  /** What the hub does not know for certain yet, in the order of arrival, page by page. */
  *unacknowledged(): Generator<JournalEntry> {
    const page = 100
    for (let after = 0; ;) {
      const rows = this.statements.unacknowledged.all(after, page)
      yield* rows.map(toEntry)
      if (rows.length < page) return
      after = Number(rows.at(-1)!['number'])
    }
  }

  /** The hub has stored their final steps. */
  acknowledge(ids: readonly string[]): void {
    this.outbox.transaction(() => {
      for (const id of ids) this.statements.acknowledge.run(id)
    })
  }

  /** Forgets what ended before `beforeMs`. */
  forget(beforeMs: number): void {
    this.outbox.transaction(() => this.statements.forget.run(beforeMs))
  }

  private changes(work: () => { changes: number | bigint }): boolean {
    return Number(this.outbox.transaction(work).changes) === 1
  }
}

function toEntry(row: Record<string, unknown>): JournalEntry {
  return {
    id: String(row['id']),
    device: String(row['device']),
    target: String(row['target']),
    body: JSON.parse(String(row['body'])) as CommandBody | null,
    step: row['step'] as CommandStep,
    uncertain: row['uncertain'] === 1,
    message: row['message'] as string | null,
    changedMs: Number(row['changed_ms']),
    deadline: {
      expiresMs: Number(row['expires_ms']),
      boot: String(row['boot']),
      expiresBootMs: Number(row['expires_boot_ms']),
    },
  }
}
