import { SvelteMap } from 'svelte/reactivity'
import type { AttachmentRef } from '@courtyard/protocols/contract'
import { asApiError } from '#lib/api/api-error.ts'
import { uploadAttachment } from '#lib/api/resource-client.ts'
import { newId } from '#lib/state/new-id.ts'
import { errorText } from '#lib/words/errors.ts'
import { m } from '#lib/paraglide/messages.js'

export interface UploadFailure {
  readonly text: string
  /** The hub would not take it another time either. */
  readonly forGood: boolean
}

export interface Upload {
  readonly file: File
  /** Of the picture as it lies on this device; null for other files. */
  readonly preview: string | null
  /** Of the bytes that have gone, 0 to 1. */
  readonly share: number
  /** Why it did not arrive; null while it is under way. */
  readonly failure: UploadFailure | null
  /** Ends the request. */
  readonly abort: AbortController
}

/** Phones on a weak network do better with few at a time. */
const AT_ONCE = 3

/** Files on their way to the hub. What arrives is told and forgotten; what fails stays until it is sent again or taken away. */
export class Uploads {
  readonly #onkept: (file: AttachmentRef) => void
  readonly #waiting: string[] = []
  #running = 0
  readonly list = new SvelteMap<string, Upload>()

  constructor(onkept: (file: AttachmentRef) => void) {
    this.#onkept = onkept
  }

  /** Why a form should not be saved yet. */
  readonly problem = $derived.by<string | undefined>(() => {
    const uploads = [...this.list.values()]
    if (uploads.length === 0) return undefined
    return uploads.some(({ failure }) => failure !== null) ? m.kit_files_failed() : m.kit_files_pending()
  })

  /** @param mostBytes above it a file is not even sent */
  add(files: Iterable<File>, mostBytes: number): void {
    for (const file of files) {
      const key = newId()
      const preview = /^image\/(jpeg|png|webp)$/.test(file.type) ? URL.createObjectURL(file) : null
      const tooLarge = file.size > mostBytes
      const text = m.kit_file_too_large({ mb: Math.floor(mostBytes / 1024 / 1024) })
      const failure = tooLarge ? { text, forGood: true } : null
      this.list.set(key, { file, preview, share: 0, failure, abort: new AbortController() })
      if (!tooLarge) this.#waiting.push(key)
    }
    this.#next()
  }

  retry(key: string): void {
    this.#note(key, { share: 0, failure: null })
    this.#waiting.push(key)
    this.#next()
  }

  /** Takes a file away, also one that is under way. */
  cancel(key: string): void {
    this.list.get(key)?.abort.abort()
    this.#forget(key)
  }

  cancelAll(): void {
    for (const key of [...this.list.keys()]) this.cancel(key)
  }

  #next(): void {
    while (this.#running < AT_ONCE) {
      const key = this.#waiting.shift()
      if (key === undefined) return
      if (this.list.has(key)) void this.#send(key)
    }
  }

  async #send(key: string): Promise<void> {
    const { file, abort } = this.list.get(key)!
    this.#running++
    try {
      const kept = await uploadAttachment(file, {
        signal: abort.signal,
        onProgress: (share) => this.#note(key, { share }),
      })
      if (abort.signal.aborted) return
      this.#forget(key)
      this.#onkept(kept)
    } catch (error) {
      const refusal = asApiError(error)
      const { status } = refusal
      const forGood = status >= 400 && status < 500 && status !== 401 && status !== 429
      this.#note(key, { failure: { text: errorText(refusal), forGood } })
    } finally {
      this.#running--
      this.#next()
    }
  }

  #note(key: string, change: Partial<Upload>): void {
    const upload = this.list.get(key)
    if (upload) this.list.set(key, { ...upload, ...change })
  }
  #forget(key: string): void {
    const preview = this.list.get(key)?.preview
    if (preview) URL.revokeObjectURL(preview)
    this.list.delete(key)
  }
}
