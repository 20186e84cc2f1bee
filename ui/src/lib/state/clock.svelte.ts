import { createSubscriber } from 'svelte/reactivity'

/** The time of day for ages on the screen; it ticks only while something shows it. */
class Clock {
  readonly #subscribe = createSubscriber((update) => {
    const timer = setInterval(update, 5000)
    return () => clearInterval(timer)
  })
  get now(): number {
    this.#subscribe()
    return Date.now()
  }
}
export const clock = new Clock()
