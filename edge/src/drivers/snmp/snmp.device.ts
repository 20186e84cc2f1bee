/** One SNMP agent, or one row of its tables: asks for variables and sorts out what it refuses. */
import type { Varbind } from 'net-snmp'
import { AppError } from '@courtyard/protocols/contract'
import type { Clock } from '../../clock.ts'
import { errorCodes } from '../../errors.ts'
import { ReplyTooLong, type ChunkReply, type PointAnswer } from '../chunked-device.ts'
import type { Counter32Totals } from './counter32.ts'
import { answerOf, counter32Of, pointAnswer, type SnmpPoint } from './snmp.points.ts'
import { SnmpRefusal, type SnmpReply, type SnmpSession } from './snmp.session.ts'

/** RFC 3416, 3. */
const TOO_BIG = 1
/** SNMPv1 refuses a whole request because of one variable, so what it lacks is left out for a while. */
const FORGET_MS = 10 * 60_000
/** RFC 3418: how long the agent runs. */
const SYS_UP_TIME = '1.3.6.1.2.1.1.3.0'

export class SnmpDevice {
  private readonly session: SnmpSession
  private readonly clock: Clock
  private readonly totals: Counter32Totals
  /** Registers that are no Counter32, as far as they were read. */
  private readonly wide = new Set<string>()
  /** By variable: why it is refused, and until when that is believed. */
  private readonly lacking = new Map<string, { readonly why: string; readonly untilMs: number }>()

  constructor(session: SnmpSession, clock: Clock, totals: Counter32Totals) {
    this.session = session
    this.clock = clock
    this.totals = totals
  }

  /** @throws ReplyTooLong, AppError as `SnmpSession.get` */
  async read(points: readonly SnmpPoint[]): Promise<ChunkReply> {
    const answers = new Map<string, PointAnswer>()
    const known = points.map((point) => ({ point, why: this.whyNot(point) }))
    const hasOpen = known.some(({ why }) => why === null)
    const wanted: SnmpPoint[] = []
    for (const { point, why } of known) {
      // Where all is known to be refused it is asked all the same: silence is not to pass for a refusal.
      if (why === null || (!hasOpen && point.oid !== null)) wanted.push(point)
      else answers.set(point.key, { refused: why })
    }
    const { reply, requests, refused } = await this.ask(this.oidsOf(wanted), points)
    const uptime = reply?.varbinds.find(({ oid }) => oid === SYS_UP_TIME)
    for (const point of wanted) {
      const varbind = reply?.varbinds.find(({ oid }) => oid === point.oid)
      const why = refused.get(point.oid!)
      if (why !== undefined) answers.set(point.key, { refused: why })
      else if (varbind) answers.set(point.key, this.answerOf(point, varbind, reply!.atMs, uptime))
    }
    return { answers, requests, atMs: reply?.atMs ?? this.clock.nowMs(), latencyMs: reply?.latencyMs ?? 0 }
  }

  /** How far counters have come, to be kept with the readings; null when nothing is new. */
  takeCheckpoint(): string | null {
    return this.totals.takeText()
  }

  /** Whether a counter has wrapped shows only beside the time that its agent has run, in the same reply. */
  private oidsOf(points: readonly SnmpPoint[]): string[] {
    const oids = new Set(points.map((point) => point.oid!))
    const mayWrap = points.some(({ counts, oid }) => counts && !this.wide.has(oid!))
    return mayWrap && !this.lacking.has(SYS_UP_TIME) ? [...oids, SYS_UP_TIME] : [...oids]
  }

  private answerOf(
    point: SnmpPoint,
    varbind: Varbind,
    atMs: number,
    uptime: Varbind | undefined,
  ): PointAnswer {
    const answer = pointAnswer(point, varbind)
    if (!point.counts || !('value' in answer)) return answer
    const raw = counter32Of(varbind)
    if (raw === null) {
      this.wide.add(varbind.oid)
      return answer
    }
    const told = uptime && answerOf(uptime)
    const uptimeTicks = told && 'value' in told ? Number(told.value.units) : null
    return { value: { units: this.totals.take(varbind.oid, raw, { atMs, uptimeTicks }), places: 0 } }
  }

  /** @throws AppError as `SnmpSession.get` */
  async readOne(oid: string): Promise<Varbind> {
    const varbind = (await this.session.get([oid])).varbinds[0]
    if (!varbind) throw new AppError(errorCodes.replyInvalid, `${oid} is missing in the reply`)
    return varbind
  }

  /** Leaves out what the agent names as the reason for refusing the whole, and asks again for the rest. */
  private async ask(oids: readonly string[], points: readonly SnmpPoint[]) {
    const refused = new Map<string, string>()
    let rest = oids
    let requests = 0
    let reply: SnmpReply | null = null
    while (rest.length > 0 && !reply) {
      try {
        reply = await this.session.get(rest)
        requests += reply.requests
      } catch (error) {
        requests += 1
        if (!(error instanceof SnmpRefusal)) throw error
        if (error.status === TOO_BIG && points.length > 1) throw new ReplyTooLong(error.message)
        if (error.status === TOO_BIG && rest.length > 1) {
          rest = rest.filter((oid) => oid !== SYS_UP_TIME)
          continue
        }
        const isNamed = error.oid !== null && rest.includes(error.oid)
        for (const oid of isNamed ? [error.oid] : rest) refused.set(oid, error.message)
        rest = isNamed ? rest.filter((oid) => oid !== error.oid) : []
      }
    }
    if (reply) this.remember(refused)
    return { reply, requests, refused }
  }

  /** Only when the agent has answered for others: one that refuses everything may think better of it. */
  private remember(refused: ReadonlyMap<string, string>): void {
    const untilMs = this.clock.monotonicMs() + FORGET_MS
    for (const [oid, why] of refused) this.lacking.set(oid, { why, untilMs })
  }

  private whyNot({ oid }: SnmpPoint): string | null {
    if (oid === null) return 'the profile reads a row of a table: the address needs `index`'
    const lacking = this.lacking.get(oid)
    if (!lacking) return null
    if (this.clock.monotonicMs() < lacking.untilMs) return lacking.why
    this.lacking.delete(oid)
    return null
  }
}
