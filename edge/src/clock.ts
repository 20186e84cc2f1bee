/** Time as a dependency, so that schedules and deadlines can be tested without waiting. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch, UTC: what readings are stamped with. Can step. */
  nowMs(): number
  /** Milliseconds that only grow: what schedules and timeouts are computed with. */
  monotonicMs(): number
  /** Resolves after `ms`, or at once when the signal aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const done = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      signal?.addEventListener('abort', done)
    }),
}
