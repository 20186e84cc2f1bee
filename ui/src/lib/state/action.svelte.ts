import { asApiError, type ApiError } from '#lib/api/api-error.ts'

/** A write that a person started: busy while it runs, keeps the error for the form. */
export class Action {
  busy = $state(false)
  error = $state.raw<ApiError | null>(null)

  /** Runs the write; true when it succeeded. A second press while it runs does nothing. */
  async run(work: () => Promise<void>): Promise<boolean> {
    if (this.busy) return false
    this.busy = true
    this.error = null
    try {
      await work()
      return true
    } catch (error) {
      this.error = asApiError(error)
      return false
    } finally {
      this.busy = false
    }
  }
}
