/** One file at a time that the hub makes: until it is there, it can be given up; why there is none is said in a note. */
import { asApiError } from '#lib/api/api-error.ts'
import { downloadFile } from '#lib/api/download.ts'
import { errorText } from '#lib/words/errors.ts'
import { toasts } from './toasts.svelte.ts'

export class FileDownload {
  busy = $state(false)
  #abort: AbortController | null = null

  async start(address: string): Promise<void> {
    const abort = (this.#abort = new AbortController())
    this.busy = true
    try {
      await downloadFile(address, abort.signal)
    } catch (error) {
      if (!abort.signal.aborted) toasts.fault(errorText(asApiError(error)))
    } finally {
      this.busy = false
    }
  }
  cancel(): void {
    this.#abort?.abort()
  }
}
