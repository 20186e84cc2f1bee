/** Consumption of every meter of a site: consumers by their curve, totals as what hangs below plus a loss. */
import type { Site } from '../site/site.types.ts'
import { type Consumption, LoadCurve } from './load-curve.ts'

/** All meters at one instant; each is worked out once, when it is first asked for. */
export interface SiteMoment {
  readonly atMs: number
  of(meterIndex: number): Consumption
}

type Node =
  | { readonly curve: LoadCurve }
  | { readonly children: readonly number[]; readonly lossPermille: number }

export class SiteLoad {
  private readonly nodes: readonly Node[]

  constructor(site: Site) {
    this.nodes = site.meters.map((meter) =>
      meter.source.kind === 'load'
        ? { curve: new LoadCurve(site.seed, meter.key, meter.source.load) }
        : {
            children: site.meters.flatMap((child, index) => (child.parent === meter.key ? [index] : [])),
            lossPermille: meter.source.lossPermille,
          },
    )
  }

  moment(atMs: number): SiteMoment {
    const known = new Array<Consumption | undefined>(this.nodes.length)
    const of = (index: number): Consumption => (known[index] ??= this.work(this.nodes[index]!, atMs, of))
    return { atMs, of }
  }

  private work(node: Node, atMs: number, of: (index: number) => Consumption): Consumption {
    if ('curve' in node) return node.curve.at(atMs)
    let total = 0
    let perStep = 0
    for (const child of node.children) {
      const part = of(child)
      total += part.total
      perStep += part.perStep
    }
    // A share of the sum: what the total shows beyond its parts never shrinks, like they themselves.
    const withLoss = (sum: number) => sum + Math.floor(sum / 1000) * node.lossPermille
    return { total: withLoss(total), perStep: withLoss(perStep) }
  }
}
