/** At most so many at a time; the others wait in their order. */
export class Slots {
  private free: number
  private readonly queue: (() => void)[] = []

  constructor(count: number) {
    this.free = count
  }

  /** How many wait. */
  get waiting(): number {
    return this.queue.length
  }

  /** @throws the reason of `signal` when that is aborted while it waits */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted()
    if (this.free > 0) this.free--
    else await this.turn(signal)
    try {
      return await work()
    } finally {
      const next = this.queue.shift()
      if (next) next()
      else this.free++
    }
  }

  private turn(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const begin = () => {
        signal?.removeEventListener('abort', leave)
        resolve()
      }
      const leave = () => {
        this.queue.splice(this.queue.indexOf(begin), 1)
        reject(signal!.reason as Error)
      }
      this.queue.push(begin)
      signal?.addEventListener('abort', leave, { once: true })
    })
  }
}
