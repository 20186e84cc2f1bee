/** Takes in what gateways tell of their commands: in any order, again and again, and each step once. */
import type { Logger } from 'pino'
import { CommandReport, finalCommandSteps } from '@courtyard/protocols/contract'
import type { Hub } from '../../platform/module.ts'
import type { Reason } from '../../platform/reasons/reason.ts'
import { acknowledge } from '../gateways/index.ts'
import { changeCommand, isUniqueViolation, tellOf, type Change } from './change.ts'
import { mayReport } from './dispatch.repository.ts'
import type { Standing } from './domain/state-machine.ts'

export type ReportCounters = Record<'acknowledged' | 'confirmed' | 'failed' | 'expired', number>

/** Instants outside are those of a clock that was never set, or none that PostgreSQL could hold. */
const EARLIEST_MS = Date.UTC(2000, 0, 1)
const LATEST_MS = Date.UTC(2200, 0, 1)

export class CommandReports {
  readonly counters: ReportCounters = { acknowledged: 0, confirmed: 0, failed: 0, expired: 0 }
  private readonly hub: Hub
  private readonly log: Logger

  constructor(hub: Hub, log: Logger) {
    this.hub = hub
    this.log = log
  }

  /**
   * A final step is acknowledged once it is stored, also when it was before, and when nobody here knows the command:
   * else the gateway would tell of it for ever.
   * @returns whether the message made sense
   */
  async take(gatewayId: string, json: unknown): Promise<boolean> {
    const { success, data: report } = CommandReport.safeParse(json)
    if (!success) return false
    if (!(await mayReport(this.hub.db.pool, gatewayId))) return true
    const change = await this.storeOrPass(gatewayId, report)
    if (change === null) {
      this.log.warn(
        { gatewayId, commandId: report.id, step: report.step },
        'gateway tells of a command that it was not given',
      )
    }
    if (finalCommandSteps.includes(report.step))
      await acknowledge(this.hub, gatewayId, { commands: [report.id] })
    return true
  }

  /**
   * A hub that was put back from an older copy may have given the target to another command meanwhile. The outcome
   * will be told; that it was begun needs no place in the queue.
   * @returns undefined when the step was passed over
   */
  private async storeOrPass(gatewayId: string, report: CommandReport): Promise<Change | null | undefined> {
    try {
      return await this.store(gatewayId, report)
    } catch (error) {
      if (!isUniqueViolation(error)) throw error
      this.log.warn(
        { gatewayId, commandId: report.id, step: report.step },
        'two commands under way for one target',
      )
      return undefined
    }
  }

  private async store(gatewayId: string, report: CommandReport): Promise<Change | null> {
    const { id, step, uncertain, message, atMs } = report
    const at = this.hub.clock.now()
    const gatewayAt = atMs >= EARLIEST_MS && atMs <= LATEST_MS ? new Date(atMs) : null
    const outcomeOf = (standing: Standing): Reason | null =>
      step === 'expired' && standing.state === 'failed' ? { code: 'command.begun_before' } : null
    const change = await this.hub.db.transaction((client) =>
      changeCommand(
        client,
        id,
        { kind: 'report', step, uncertain },
        { at, gatewayAt, message, outcomeOf, gatewayId },
      ),
    )
    if (change?.decision.kind === 'changed') this.tell(change.before, change.decision.standing)
    return change
  }

  private tell(before: Change['before'], { state, settledBy }: Standing): void {
    if (settledBy === 'gateway') this.counters[state as keyof ReportCounters] += 1
    tellOf(this.hub, before, state)
  }
}
