interface Node {
  readonly id: string
  readonly parentId: string | null
}

/** Parents before their children, siblings in the order given. A node whose parent is not there stands at the top. */
export function inTreeOrder<N extends Node>(nodes: readonly N[]): N[] {
  const ids = new Set(nodes.map(({ id }) => id))
  const byParent = Map.groupBy(nodes, ({ parentId }) =>
    parentId !== null && ids.has(parentId) ? parentId : null,
  )
  const below = (parentId: string | null): N[] =>
    (byParent.get(parentId) ?? []).flatMap((node) => [node, ...below(node.id)])
  return below(null)
}
