/** All bills of a run as one PDF: fetched while the hub makes it, with how far it is. */
import type { BillRun, PrintPaper } from '@courtyard/protocols/contract'
import { ApiError, asApiError } from '#lib/api/api-error.ts'
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
      const answer = await fetch(address, { signal: abort.signal })
      if (!answer.ok) throw await refusalOf(answer)
      save(await answer.blob(), nameIn(answer.headers.get('content-disposition')))
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

async function refusalOf(answer: Response): Promise<ApiError> {
  const body = (await answer.json().catch(() => null)) as { error?: { code: string; message: string } } | null
  const { code = 'internal', message = answer.statusText } = body?.error ?? {}
  return new ApiError(answer.status, { code, message, requestId: '' })
}

const nameIn = (disposition: string | null): string =>
  decodeURIComponent(disposition?.split("filename*=UTF-8''")[1] ?? 'bills.pdf')

function save(file: Blob, name: string): void {
  const url = URL.createObjectURL(file)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
