/** Which of many filters a topic fits, without looking at each. Pure. MQTT 3.1.1 §4.7. */
interface Node<T> {
  readonly children: Map<string, Node<T>>
  readonly here: T[]
}

export class TopicTree<T> {
  private readonly root: Node<T> = newNode()

  add(filter: string, value: T): void {
    let node = this.root
    for (const level of filter.split('/')) {
      const next = node.children.get(level) ?? newNode<T>()
      node.children.set(level, next)
      node = next
    }
    node.here.push(value)
  }

  find(topic: string): T[] {
    const found = new Set<T>()
    const levels = topic.split('/')
    const walk = (node: Node<T>, depth: number): void => {
      for (const value of node.children.get('#')?.here ?? []) found.add(value)
      if (depth === levels.length) return node.here.forEach((value) => found.add(value))
      for (const level of [levels[depth]!, '+']) {
        const next = node.children.get(level)
        if (next) walk(next, depth + 1)
      }
    }
    // §4.7.2: wildcards at the front don't fit topics of the broker itself.
    if (!topic.startsWith('$')) walk(this.root, 0)
    return [...found]
  }
}

function newNode<T>(): Node<T> {
  return { children: new Map(), here: [] }
}
