/** Where the steps of a process stand in its diagram; laid out by dagre, which is loaded with the first diagram. */
import type { ProcessContent, ProcessStep } from '@courtyard/protocols/contract'

export interface DiagramNode {
  readonly key: string
  readonly kind: ProcessStep['kind']
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}
export interface DiagramEdge {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly label: string
  readonly path: string
  /** Middle of the label. */
  readonly labelAt: { readonly x: number; readonly y: number }
}
export interface DiagramLayout {
  readonly width: number
  readonly height: number
  readonly nodes: readonly DiagramNode[]
  readonly edges: readonly DiagramEdge[]
}
interface Point {
  readonly x: number
  readonly y: number
}

const LABEL_MOST = 26

/** Texts of a step: its name, and who does it. */
export interface DiagramTexts {
  node(step: ProcessStep): readonly [string, string]
  edge(step: ProcessStep, index: number): string
}

export async function layoutProcess(content: ProcessContent, texts: DiagramTexts): Promise<DiagramLayout> {
  const { graphlib, layout } = await import('@dagrejs/dagre')
  const graph = new graphlib.Graph({ multigraph: true })
  graph.setGraph({ rankdir: 'TB', nodesep: 28, ranksep: 34, edgesep: 14, marginx: 8, marginy: 8 })
  const keys = new Set(content.steps.map(({ key }) => key))
  for (const step of content.steps)
    graph.setNode(step.key, { ...sizeOf(step, texts.node(step)), kind: step.kind })
  for (const step of content.steps) {
    for (const [index, { to }] of step.transitions.entries()) {
      if (!keys.has(to) || to === step.key) continue
      const label = shortened(texts.edge(step, index))
      const size = label ? { width: textWidth(label, 11) + 12, height: 18 } : { width: 0, height: 0 }
      graph.setEdge(step.key, to, { ...size, label, labelpos: 'c' }, `${step.key}-${index}`)
    }
  }
  layout(graph)
  return read(graph as unknown as LaidOut)
}

interface LaidOut {
  graph(): { width?: number; height?: number }
  nodes(): string[]
  node(key: string): Point & { width: number; height: number; kind: ProcessStep['kind'] }
  edges(): { v: string; w: string; name?: string }[]
  edge(id: { v: string; w: string; name?: string }): {
    points: Point[]
    label: string
    x?: number
    y?: number
  }
}

function read(graph: LaidOut): DiagramLayout {
  const { width = 0, height = 0 } = graph.graph()
  const nodes = graph.nodes().map((key) => ({ key, ...graph.node(key) }))
  const edges = graph.edges().map((id) => {
    const { points, label, x, y } = graph.edge(id)
    const middle = points[Math.floor(points.length / 2)] ?? { x: 0, y: 0 }
    const labelAt = { x: x ?? middle.x, y: y ?? middle.y }
    return { id: id.name ?? `${id.v}-${id.w}`, from: id.v, to: id.w, label, path: pathOf(points), labelAt }
  })
  return { width, height, nodes, edges }
}

function sizeOf(
  step: ProcessStep,
  [name, note]: readonly [string, string],
): { width: number; height: number } {
  const round = step.kind === 'start' || step.kind === 'end'
  const text = Math.max(textWidth(name, 13), textWidth(shortened(note, 24), 11))
  return { width: Math.min(230, Math.max(round ? 96 : 128, text + 52)), height: note && !round ? 50 : 38 }
}

export function shortened(text: string, most = LABEL_MOST): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text
}

/** Roughly: Chinese characters are square, Latin ones about half as wide. */
export function textWidth(text: string, size: number): number {
  return [...text].reduce((sum, one) => sum + (one.codePointAt(0)! > 0x2e80 ? size : size * 0.58), 0)
}

/** Straight lines whose corners are rounded. */
export function pathOf(points: readonly Point[]): string {
  const [first, ...rest] = points
  if (!first || rest.length === 0) return ''
  let path = `M${at(first)}`
  for (const [index, point] of rest.entries()) {
    const next = rest[index + 1]
    if (!next) return `${path}L${at(point)}`
    const before = points[index]!
    path += `L${at(towards(point, before))}Q${at(point)} ${at(towards(point, next))}`
  }
  return path
}

const at = ({ x, y }: Point): string => `${x.toFixed(1)} ${y.toFixed(1)}`

function towards(from: Point, to: Point, mostPixels = 14): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y)
  const share = length === 0 ? 0 : Math.min(mostPixels, length / 2) / length
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share }
}
