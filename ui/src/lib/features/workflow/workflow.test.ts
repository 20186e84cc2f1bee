import { describe, expect, it, test } from 'vitest'
import type { ProcessContent, ProcessEvent, ProcessStep } from '@courtyard/protocols/contract'
import { layoutProcess, pathOf } from './diagram-layout.ts'
import { issuesOf } from './editor/issues.ts'
import { blankDefinition, blankStep, connectStep, withoutStep } from './editor/step-edits.ts'
import { progressOf } from './process-progress.ts'

const name = { zh: '测试', en: 'Test' }
const blank = blankDefinition(name, 'request')
const kinds: ProcessStep['kind'][] = ['approval', 'task', 'decision', 'action', 'end']
const targetsOf = (content: ProcessContent, key: string) =>
  content.steps.find((step) => step.key === key)?.transitions.map(({ to }) => to)
/** All ways lead to a step that is there, and none to its own. */
function expectConnected(content: ProcessContent): void {
  const keys = content.steps.map(({ key }) => key)
  expect(new Set(keys).size).toBe(keys.length)
  for (const { key, transitions } of content.steps)
    for (const { to } of transitions) expect([keys.includes(to), to === key]).toEqual([true, false])
}

describe('steps', () => {
  it.each(kinds)('a new %s comes behind the one that is chosen, and goes without a trace', (kind) => {
    const step = blankStep(kind, blank)
    const more = connectStep(blank, step, 'start')
    expectConnected(more)
    expect(more.steps.map(({ key }) => key).indexOf(step.key)).toBe(1)
    if (kind !== 'end') {
      expect(targetsOf(more, 'start')).toEqual([step.key])
      expect(targetsOf(more, step.key)?.[0]).toBe('approval')
    }
    expect(withoutStep(more, step.key)).toEqual(blank)
  })

  it('keys are never given twice', () => {
    const one = connectStep(blank, blankStep('task', blank), null)
    expect(blankStep('task', one).key).toBe('task2')
  })

  it('what led to a step that goes leads on to where it led', () => {
    const less = withoutStep(blank, 'approval')
    expect(targetsOf(less, 'start')).toEqual(['approved'])
    expectConnected(less)
  })
})

describe('the diagram', () => {
  const texts = { node: () => ['经理审批', 'Manager'] as const, edge: () => '同意' }
  const content = kinds.reduce((all, kind) => connectStep(all, blankStep(kind, all), 'approval'), blank)

  it('has a place for every step, one beside the other, and a line for every way', async () => {
    const { nodes, edges, width, height } = await layoutProcess(content, texts)
    expect(nodes.map(({ key }) => key).sort()).toEqual(content.steps.map(({ key }) => key).sort())
    expect(edges).toHaveLength(content.steps.flatMap(({ transitions }) => transitions).length)
    for (const a of nodes) {
      expect(a.x - a.width / 2).toBeGreaterThanOrEqual(0)
      expect(a.x + a.width / 2).toBeLessThanOrEqual(width)
      expect(a.y + a.height / 2).toBeLessThanOrEqual(height)
      const over = nodes.filter(
        (b) =>
          b !== a &&
          Math.abs(a.x - b.x) * 2 < a.width + b.width &&
          Math.abs(a.y - b.y) * 2 < a.height + b.height,
      )
      expect(over).toEqual([])
    }
  })

  it('leaves out ways to steps that are not there yet', async () => {
    const steps = blank.steps.map((step) => ({
      ...step,
      transitions: [{ on: 'next' as const, to: 'nowhere' }],
    }))
    expect((await layoutProcess({ ...blank, steps: steps as ProcessStep[] }, texts)).edges).toEqual([])
  })

  it('rounds the corners of its lines', () => {
    expect(
      pathOf([
        { x: 0, y: 0 },
        { x: 0, y: 100 },
      ]),
    ).toBe('M0.0 0.0L0.0 100.0')
    expect(
      pathOf([
        { x: 0, y: 0 },
        { x: 0, y: 100 },
        { x: 100, y: 100 },
      ]),
    ).toBe('M0.0 0.0L0.0 86.0Q0.0 100.0 14.0 100.0L100.0 100.0')
    expect(pathOf([{ x: 1, y: 1 }])).toBe('')
  })
})

test('where a process has been through', () => {
  const entered = (step: string) => ({ kind: 'entered', step }) as ProcessEvent
  const events = [
    entered('start'),
    entered('approval'),
    { kind: 'decided', step: 'approval' } as ProcessEvent,
    entered('fix'),
    entered('approval'),
  ]
  const step = { key: 'approval', name, since: '2026-11-20T00:00:00Z', dueAt: null }
  const { current, passed, ways } = progressOf({ events, step })
  expect(current).toBe('approval')
  expect([...passed]).toEqual(['start', 'approval', 'fix'])
  expect([...ways]).toEqual(['start>approval', 'approval>fix', 'fix>approval'])
})

test('what a schema refuses stands at its step', () => {
  const error = {
    issues: [
      { path: 'body.content.steps.1.name.zh', reason: '不能为空' },
      { path: 'body.content.workingTime.from', reason: '格式不对' },
    ],
  }
  expect(issuesOf(error, blank)).toEqual([
    { step: 'approval', reason: 'name.zh：不能为空' },
    { step: null, reason: 'workingTime.from：格式不对' },
  ])
  expect(issuesOf(new Error('offline'), blank)).toEqual([])
})
