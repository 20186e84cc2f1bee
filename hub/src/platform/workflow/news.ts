/** Who hears what of a step: told in its transaction, so that nobody hears of what did not happen. */
import { notify } from '../notify/index.ts'
import { tellBrowsers } from '../notify/outbox.repository.ts'
import type { Texts } from '../reasons/reason.ts'
import { deputiesOf } from './directory.repository.ts'
import { excludesStarter, type WaitingStep } from './engine/votes.ts'
import type { NewEvent, ProcessRow } from './process.repository.ts'
import type { FinalOutcome, ProcessScene } from './subjects.ts'
import {
  decidedTemplate,
  escalatedTemplate,
  finishedTemplate,
  overdueTemplate,
  taskTemplate,
} from './templates.ts'

export interface ProcessNews {
  readonly row: ProcessRow
  /** In which it waits now; null when it is over. */
  readonly waiting: WaitingStep | null
  readonly stepNames: ReadonlyMap<string, Texts>
  /** Who was asked for the first time. */
  readonly asked: readonly string[]
  /** Who may decide now because the others did not. */
  readonly escalated: readonly string[]
  /** Who is asked now, and who was before. */
  readonly holders: readonly string[]
  readonly heldBefore: readonly string[]
  readonly events: readonly NewEvent[]
  readonly outcome: FinalOutcome | null
}

const results: Readonly<Record<string, Texts>> = {
  approved: { zh: '同意', en: 'approved' },
  refused: { zh: '不同意', en: 'refused' },
  sentBack: { zh: '退回', en: 'sent back' },
  done: { zh: '已办理', en: 'done' },
}
const outcomes: Readonly<Record<FinalOutcome, Texts>> = {
  approved: { zh: '通过', en: 'approved' },
  refused: { zh: '不通过', en: 'refused' },
  done: { zh: '已完成', en: 'done' },
  withdrawn: { zh: '已撤回', en: 'withdrawn' },
  cancelled: { zh: '已终止', en: 'ended without an outcome' },
}

export async function tellNews(scene: ProcessScene, news: ProcessNews): Promise<void> {
  const deputies = await standIns(scene, news)
  const told = (ids: readonly string[]) => [
    ...new Set([...ids, ...ids.flatMap((id) => deputies.get(id) ?? [])]),
  ]
  await tellHolders(scene, news, told)
  await tellStarter(scene, news)
  const touched = told([...news.holders, ...news.heldBefore])
  if (touched.length > 0) await tellBrowsers(scene.tx, touched, 'tasks')
}

/** Who acts for whom now, without those who have no voice. */
async function standIns(
  { tx, now }: ProcessScene,
  news: ProcessNews,
): Promise<ReadonlyMap<string, string[]>> {
  const { waiting, row } = news
  const found = await deputiesOf(tx, [...news.holders, ...news.heldBefore], now)
  const silent = waiting !== null && excludesStarter(waiting) ? row.starterId : null
  return new Map([...found].map(([id, deputies]) => [id, deputies.filter((one) => one !== silent)]))
}

async function tellHolders(
  scene: ProcessScene,
  news: ProcessNews,
  told: (ids: readonly string[]) => string[],
): Promise<void> {
  const { waiting, row, asked, escalated, heldBefore } = news
  if (!waiting) return
  const variables = { title: row.title, step: waiting.name, starter: row.starter, comment: commentOf(news) }
  const late = news.events.some(({ kind }) => kind === 'overdue' || kind === 'escalated')
  for (const [template, ids] of [
    [taskTemplate, asked],
    [escalatedTemplate, escalated],
    [overdueTemplate, late ? heldBefore : []],
  ] as const) {
    if (ids.length > 0) await tell(scene, row, template.key, told(ids), variables)
  }
}

/** Of each answer of somebody else, and of the end; what comes back as a task says it there. */
async function tellStarter(scene: ProcessScene, news: ProcessNews): Promise<void> {
  const { row, events, outcome } = news
  const { starterId, title } = row
  const last = events.findLast(({ kind }) => ['decided', 'withdrawn', 'cancelled'].includes(kind))
  if (outcome !== null) {
    if (last?.byId === starterId) return
    const variables = { title, result: outcomes[outcome], comment: commentOf(news) }
    return tell(scene, row, finishedTemplate.key, [starterId], variables)
  }
  if (!last || last.kind !== 'decided' || last.byId === starterId || news.asked.includes(starterId)) return
  await tell(scene, row, decidedTemplate.key, [starterId], {
    title,
    step: news.stepNames.get(last.step ?? '') ?? '',
    by: last.by ?? '',
    result: results[last.outcome ?? ''] ?? '',
    comment: commentOf(news),
  })
}

/** What was said with the last answer. */
function commentOf({ events }: ProcessNews): Texts {
  const said = events.findLast(({ kind, comment }) => comment && (kind === 'decided' || kind === 'cancelled'))
  if (!said) return { zh: '', en: '' }
  return { zh: `\n${said.by ?? ''}：${said.comment}`, en: `\n${said.by ?? ''}: ${said.comment}` }
}

async function tell(
  { hub, tx }: ProcessScene,
  { id, projectId }: ProcessRow,
  template: string,
  ids: readonly string[],
  variables: Readonly<Record<string, string | Texts>>,
): Promise<void> {
  const link = `/processes/${id}`
  await notify(hub, tx, { template, to: [{ kind: 'users', ids }], variables, projectId, link })
}
