import type pg from 'pg'
import type { BillSegment } from '@courtyard/protocols/contract'
import { fail } from '../../platform/errors.ts'
import {
  billingUsage,
  boundaryIndexes,
  usageByDay,
  type BillingUsage,
  type DayUsage,
} from '../metering/index.ts'
import { needsDays, type BillingMonth, type PointUsage } from './domain/bill-account.ts'
import { pricingRule } from './domain/tariff-rule.ts'
import type { PricedVersion } from './domain/tariff-versions.ts'
import { chargingErrors } from './errors.ts'
import {
  assignedVersions,
  countAccounts,
  fetchAssignments,
  monthCalendar,
  openAssignments,
  sourceDigest,
  usedInYear,
  type AssignmentRow,
  type MonthCalendar,
  type RunKey,
} from './run-source.repository.ts'

const HALF_HOUR_MS = 1_800_000

export interface RunPlan {
  readonly month: BillingMonth
  readonly accounts: number
  readonly alreadyBilled: number
  readonly sourceDigest: string
  readonly versionIds: readonly string[]
}

export interface Account {
  readonly householdId: string
  readonly assignments: readonly AssignmentRow[]
}

interface ReadUsage extends PointUsage {
  readonly month: BillingUsage
}

/** Some accounts with everything that is needed to rate them. */
export interface AccountChunk {
  readonly accounts: readonly Account[]
  readonly month: BillingMonth
  /** First instant of each day, and of the day after the last. */
  readonly starts: readonly Date[]
  readonly versionsOf: (tariffId: string) => readonly PricedVersion[]
  readonly usageOf: (meteringPointId: string) => PointUsage
  readonly usedInYear: (householdId: string) => bigint
  readonly segmentsOf: (assignment: AssignmentRow) => readonly BillSegment[]
}

/** Reads a run's accounts chunk by chunk from one snapshot, in the order of their account numbers. */
export class RunReader {
  private readonly client: pg.ClientBase
  private readonly key: RunKey
  private readonly chunkAccounts: number
  private month!: BillingMonth
  private calendar!: MonthCalendar
  private versions = new Map<string, PricedVersion[]>()
  private addsUpOverYear = false
  /** Rows of an account that may go on in the next fetch. */
  private pending: AssignmentRow[] = []
  private atEnd = false

  constructor(client: pg.ClientBase, key: RunKey, chunkAccounts: number) {
    this.client = client
    this.key = key
    this.chunkAccounts = chunkAccounts
  }

  /** @throws AppError `bill_run.month_not_begun` while not a single day of the month is over */
  async open(now: Date): Promise<RunPlan> {
    this.calendar = await monthCalendar(this.client, this.key.projectId, this.key.month)
    this.month = billingMonth(this.key.month, this.calendar, now)
    const rows = await assignedVersions(this.client, this.key)
    for (const { id, tariffId, effectiveFrom, rule } of rows) {
      const list = this.versions.get(tariffId) ?? []
      list.push({ id, effectiveFrom, rule: pricingRule(rule) })
      this.versions.set(tariffId, list)
      this.addsUpOverYear ||= 'period' in rule && rule.period === 'year'
    }
    const digest = await sourceDigest(this.client, this.key)
    const { total, billed } = await countAccounts(this.client, this.key)
    await openAssignments(this.client, this.key, this.month.days.length)
    return {
      month: this.month,
      accounts: total - billed,
      alreadyBilled: billed,
      sourceDigest: digest,
      versionIds: rows.map(({ id }) => id),
    }
  }

  /** Null when there are no more. */
  async next(): Promise<AccountChunk | null> {
    const accounts = await this.nextAccounts()
    if (accounts.length === 0) return null
    const assignments = accounts.flatMap((account) => account.assignments)
    const usage = await this.readUsage(assignments)
    const segments = await this.readSegments(assignments, usage)
    const used = this.addsUpOverYear
      ? await usedInYear(
          this.client,
          this.key,
          accounts.map(({ householdId }) => householdId),
        )
      : new Map<string, bigint>()
    return {
      accounts,
      month: this.month,
      starts: this.calendar.starts,
      versionsOf: (tariffId) => this.versions.get(tariffId) ?? [],
      usageOf: (meteringPointId) => usage.get(meteringPointId)!,
      usedInYear: (householdId) => used.get(householdId) ?? 0n,
      segmentsOf: (assignment) =>
        segments.get(spanName(assignment))?.get(assignment.meteringPointId) ??
        this.storedSegments(assignment, usage),
    }
  }

  /** Whole accounts only: an account with several metering points is never cut in two. */
  private async nextAccounts(): Promise<Account[]> {
    while (!this.atEnd) {
      const rows = await fetchAssignments(this.client, this.chunkAccounts)
      this.atEnd = rows.length < this.chunkAccounts
      this.pending.push(...rows)
      // Promises of the driver hold the array until V8 collects its old space
      rows.length = 0
      const last = this.pending.at(-1)?.householdId
      const cut = this.atEnd ? this.pending.length : this.pending.findIndex((row) => row.householdId === last)
      if (cut === 0 && !this.atEnd) continue
      return groupByHousehold(this.pending.splice(0, cut))
    }
    return []
  }

  private async readUsage(assignments: readonly AssignmentRow[]): Promise<Map<string, ReadUsage>> {
    const { projectId, month } = this.key
    const ids = [...new Set(assignments.map(({ meteringPointId }) => meteringPointId))]
    const needDays = new Set<string>()
    const needHalfHours = new Set<string>()
    for (const assignment of assignments) {
      const versions = this.versions.get(assignment.tariffId) ?? []
      const inParts = needsDays(assignment, this.month, versions)
      if (inParts) needDays.add(assignment.meteringPointId)
      if (inParts || versions.some(({ rule }) => 'bands' in rule))
        needHalfHours.add(assignment.meteringPointId)
    }
    const months = await billingUsage(this.client, {
      projectId,
      month,
      meteringPointIds: ids,
      halfHoursOf: [...needHalfHours],
      withSegments: true,
    })
    const days = needDays.size > 0 ? await this.readDays([...needDays]) : new Map<string, DayUsage[]>()
    const result = new Map<string, ReadUsage>()
    for (const id of ids) {
      const ofMonth: BillingUsage = months.get(id)!
      if (!needDays.has(id)) result.set(id, { month: ofMonth })
      else result.set(id, { month: ofMonth, days: new Map(days.get(id)?.map((day) => [day.day, day])) })
    }
    return result
  }

  private readDays(ids: readonly string[]): Promise<Map<string, DayUsage[]>> {
    return usageByDay(this.client, ids, this.month.days[0]!, this.month.days.at(-1)!)
  }

  /** By span of days, then by metering point; without those that the usage of a whole month has brought along. */
  private async readSegments(assignments: readonly AssignmentRow[], usage: ReadonlyMap<string, ReadUsage>) {
    const open = assignments.filter((assignment) => this.storedSegments(assignment, usage).length === 0)
    const result = new Map<string, Map<string, BillSegment[]>>()
    for (const [span, list] of Map.groupBy(open, spanName)) {
      const { from, to } = list[0]!
      const ids = [...new Set(list.map(({ meteringPointId }) => meteringPointId))]
      const segments = await boundaryIndexes(
        this.client,
        ids,
        this.calendar.starts[from]!,
        this.calendar.starts[to]!,
      )
      result.set(span, segments)
    }
    return result
  }

  private storedSegments(assignment: AssignmentRow, usage: ReadonlyMap<string, ReadUsage>) {
    const wholeMonth = assignment.from === 0 && assignment.to === this.calendar.days.length
    const segment = wholeMonth ? usage.get(assignment.meteringPointId)!.month.segment : null
    return segment === null ? [] : [segment]
  }
}

const spanName = ({ from, to }: AssignmentRow): string => `${from}-${to}`

function billingMonth(month: string, { days, starts }: MonthCalendar, now: Date): BillingMonth {
  const complete = days.filter((_, index) => starts[index + 1]! <= now)
  if (complete.length === 0) {
    throw fail(chargingErrors.monthNotBegun, `No day of ${month} is over yet`, { month })
  }
  return {
    month,
    days: complete,
    expectedSlots: complete.map(
      (_, index) => (starts[index + 1]!.getTime() - starts[index]!.getTime()) / HALF_HOUR_MS,
    ),
    isOver: complete.length === days.length,
  }
}

function groupByHousehold(rows: readonly AssignmentRow[]): Account[] {
  const accounts: { householdId: string; assignments: AssignmentRow[] }[] = []
  for (const row of rows) {
    const last = accounts.at(-1)
    if (last?.householdId === row.householdId) last.assignments.push(row)
    else accounts.push({ householdId: row.householdId, assignments: [row] })
  }
  return accounts
}
