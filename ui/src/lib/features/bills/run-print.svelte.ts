/** All bills of a run as one PDF: fetched while the hub makes it, with how far it is. */
import type { BillRun, PrintPaper } from '@courtyard/protocols/contract'
import { asApiError, type ApiError } from '#lib/api/api-error.ts'
import { downloadFile } from '#lib/api/download.ts'
import { ownLanguage } from '#lib/features/printing/printing-words.ts'
import { newId } from '#lib/state/new-id.ts'
import { live } from '#lib/state/live.svelte.ts'

export class RunPrint {
  busy = $state(false)
  done = $state(0)
  error = $state.raw<ApiError | null>(null)
  #abort: AbortController | null = null

  /** True when the file was handed to the browser; false when it failed or was given up. */
  async start(run: Pick<BillRun, 'id' | 'projectId'>, paper: PrintPaper): Promise<boolean> {
    const token = newId()
    const abort = (this.#abort = new AbortController())
    Object.assign(this, { busy: true, done: 0, error: null })
    const stop = live.subscribe(run.projectId, [], {
      printing: (event) => {
        if (event.token === token) this.done = event.done
      },
    })
    try {
      const address = `/api/bill-runs/${run.id}/pdf?paper=${paper}&token=${token}&language=${ownLanguage()}`
      await downloadFile(address, abort.signal)
      return true
    } catch (error) {
      if (!abort.signal.aborted) this.error = asApiError(error)
      return false
    } finally {
      stop()
      this.busy = false
    }
  }
  cancel(): void {
    this.#abort?.abort()
  }
}
