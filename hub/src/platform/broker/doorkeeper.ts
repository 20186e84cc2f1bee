/**
 * Who may come to the door at all: strangers cost memory and handshakes before they show who they are, so one
 * address has only so many of them at once, and only so many failures a minute. Gateways that share an address and
 * are known already are not counted.
 */
const MOST_STRANGERS = 64
const MOST_FAILURES = 300
const MINUTE_MS = 60_000
/** Addresses are forgotten with their minute; this bounds one with very many of them. */
const MOST_ADDRESSES = 20_000

interface Visits {
  strangers: number
  failures: number
  sinceMs: number
}

export class Doorkeeper {
  private readonly visits = new Map<string, Visits>()
  private readonly nowMs: () => number

  constructor(nowMs: () => number = () => performance.now()) {
    this.nowMs = nowMs
  }

  /**
   * A connection has come.
   * @returns null when it has to go; else to be called once when it has shown who it is, or has gone
   */
  enter(address: string): (() => void) | null {
    const visits = this.of(address)
    if (visits.strangers >= MOST_STRANGERS || visits.failures >= MOST_FAILURES) return null
    visits.strangers += 1
    let inside = true
    return () => {
      if (inside) visits.strangers -= 1
      inside = false
    }
  }

  /** Somebody came with wrong credentials. */
  failed(address: string): void {
    this.of(address).failures += 1
  }

  private of(address: string): Visits {
    const nowMs = this.nowMs()
    let visits = this.visits.get(address)
    if (!visits) {
      if (this.visits.size >= MOST_ADDRESSES) this.forget(nowMs)
      this.visits.set(address, (visits = { strangers: 0, failures: 0, sinceMs: nowMs }))
    } else if (nowMs - visits.sinceMs >= MINUTE_MS) {
      visits.failures = 0
      visits.sinceMs = nowMs
    }
    return visits
  }

  private forget(nowMs: number): void {
    for (const [address, { strangers, sinceMs }] of this.visits) {
      if (strangers === 0 && nowMs - sinceMs >= MINUTE_MS) this.visits.delete(address)
    }
  }
}
