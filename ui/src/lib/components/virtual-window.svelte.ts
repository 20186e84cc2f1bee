/**
 * Which rows of a long list are worth drawing: those in sight and some beyond. Rows are all of one height, so a
 * position is a multiplication and 100,000 rows cost as much as forty.
 */
export class VirtualWindow {
  readonly rowHeightPx: number
  readonly #overscan: number
  #scrollTopPx = $state(0)
  #heightPx = $state(600)
  readonly #count: () => number

  constructor(count: () => number, rowHeightPx: number, overscan = 10) {
    this.#count = count
    this.rowHeightPx = rowHeightPx
    this.#overscan = overscan
  }

  /** Row numbers [first, end). */
  readonly first = $derived.by(() =>
    Math.max(0, Math.min(this.#count(), Math.floor(this.#scrollTopPx / this.rowHeightPx)) - this.#overscan),
  )
  readonly end = $derived.by(() =>
    Math.min(
      this.#count(),
      Math.ceil((this.#scrollTopPx + this.#heightPx) / this.rowHeightPx) + this.#overscan,
    ),
  )
  get abovePx(): number {
    return this.first * this.rowHeightPx
  }
  get belowPx(): number {
    return Math.max(0, (this.#count() - this.end) * this.rowHeightPx)
  }

  /** Follows a scrolling element; to be used as an attachment. */
  readonly follow = (element: HTMLElement): (() => void) => {
    const read = (): void => {
      this.#scrollTopPx = element.scrollTop
      this.#heightPx = element.clientHeight
    }
    read()
    const observer = new ResizeObserver(read)
    observer.observe(element)
    element.addEventListener('scroll', read, { passive: true })
    return () => {
      observer.disconnect()
      element.removeEventListener('scroll', read)
    }
  }
}
