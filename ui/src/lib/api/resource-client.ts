/**
 * The routes that every resource has, by the path of its metadata. Values are checked by the hub's own schema of the
 * resource; here they are what the metadata's field kinds say.
 */
import type {
  AttachmentRef,
  BulkBody,
  BulkResult,
  HistoryPage,
  ResourceImport,
  ResourceList,
  ResourceListQuery,
  ResourceMeta,
  ResourceRow,
} from '@courtyard/protocols/contract'
import type * as z from 'zod'
import { ApiError } from './api-error.ts'
import { addressOf, connection, send } from './client.ts'

export type Values = Record<string, unknown>
/** What a list is asked for; `limit` and the rest have the hub's defaults. */
export type ListQuery = z.input<typeof ResourceListQuery>
export type BulkAnswer = z.infer<typeof BulkResult>
export type HistoryAnswer = z.infer<typeof HistoryPage>

/** Routes of one resource. Reads take a signal, so that an answer nobody waits for is given up. */
export class ResourceClient {
  readonly #base: string

  constructor(meta: Pick<ResourceMeta, 'path'>) {
    this.#base = `/api/${meta.path}`
  }

  list(query: ListQuery, signal?: AbortSignal): Promise<ResourceList> {
    return send(`GET ${this.#base}`, withSignal({ query }, signal)) as Promise<ResourceList>
  }
  detail(id: string, signal?: AbortSignal): Promise<ResourceRow> {
    return send(`GET ${this.#base}/:id`, withSignal({ params: { id } }, signal)) as Promise<ResourceRow>
  }
  create(values: Values): Promise<ResourceRow> {
    return send(`POST ${this.#base}`, { body: values }) as Promise<ResourceRow>
  }
  /** @throws ApiError `record.changed` with the present record in `details.record` when `version` is not the newest */
  edit(id: string, version: number, values: Values): Promise<ResourceRow> {
    const body = { version, values }
    return send(`PATCH ${this.#base}/:id`, { params: { id }, body }) as Promise<ResourceRow>
  }
  archive(id: string, version: number): Promise<ResourceRow> {
    return this.#put('archive', id, version)
  }
  restore(id: string, version: number): Promise<ResourceRow> {
    return this.#put('restore', id, version)
  }
  bulk(body: z.input<typeof BulkBody>): Promise<BulkAnswer> {
    return send(`POST ${this.#base}/bulk`, { body }) as Promise<BulkAnswer>
  }
  history(id: string, cursor?: string, signal?: AbortSignal): Promise<HistoryAnswer> {
    const input = { params: { id }, query: { cursor } }
    return send(`GET ${this.#base}/:id/history`, withSignal(input, signal)) as Promise<HistoryAnswer>
  }
  /** The whole value of a masked field; the hub writes down who looked. */
  async reveal(id: string, field: string): Promise<string | null> {
    const answer = await send(`POST ${this.#base}/:id/reveal`, { params: { id }, body: { field } })
    return (answer as { value: string | null }).value
  }

  /** Where the browser fetches a spreadsheet of the list from. */
  exportAddress(query: ListQuery, format: 'xlsx' | 'csv', columns: readonly string[]): string {
    return addressOf(`GET ${this.#base}/export`, {}, { ...query, format, columns: columns.join(',') })
  }
  templateAddress(format: 'xlsx' | 'csv'): string {
    return addressOf(`GET ${this.#base}/import-template`, {}, { format })
  }
  /** Sends a spreadsheet up; `onProgress` hears the share that has gone, 0 to 1. */
  upload(
    file: File,
    projectId: string | null,
    options: { onProgress?: (share: number) => void; signal?: AbortSignal } = {},
  ): Promise<ResourceImport> {
    const query = { projectId, fileName: file.name }
    return sendFile(`POST ${this.#base}/imports`, query, file, options) as Promise<ResourceImport>
  }

  #put(verb: 'archive' | 'restore', id: string, version: number): Promise<ResourceRow> {
    return send(`POST ${this.#base}/:id/${verb}`, {
      params: { id },
      body: { version },
    }) as Promise<ResourceRow>
  }
}

function withSignal<T extends object>(
  input: T,
  signal: AbortSignal | undefined,
): T & { signal?: AbortSignal } {
  return signal ? { ...input, signal } : input
}

export interface SendFileOptions {
  readonly onProgress?: (share: number) => void
  readonly signal?: AbortSignal
}

/** Sends a file as the body; `fetch` cannot tell how far an upload is, so this is the older way. */
export function sendFile(
  key: string,
  query: Record<string, unknown>,
  file: Blob,
  { onProgress, signal }: SendFileOptions = {},
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', connection.origin + addressOf(key, {}, query))
    request.setRequestHeader('accept', 'application/json')
    request.setRequestHeader('accept-language', document.documentElement.lang)
    request.setRequestHeader('content-type', 'application/octet-stream')
    if (connection.csrfToken) request.setRequestHeader('x-csrf-token', connection.csrfToken)
    request.responseType = 'text'
    request.upload.onprogress = (event) => event.lengthComputable && onProgress?.(event.loaded / event.total)
    request.onerror = () => reject(new ApiError(0, { code: 'network', message: 'network' }))
    request.onabort = () => reject(new DOMException('aborted', 'AbortError'))
    request.onload = () => settle(request, resolve, reject)
    signal?.addEventListener('abort', () => request.abort())
    request.send(file)
  })
}

function settle(
  request: XMLHttpRequest,
  resolve: (body: unknown) => void,
  reject: (error: Error) => void,
): void {
  const { status, responseText } = request
  let body: unknown
  try {
    body = JSON.parse(responseText)
  } catch {
    return reject(new ApiError(status, { code: `http.${status}`, message: request.statusText }))
  }
  if (status >= 200 && status < 300) return resolve(body)
  if (status === 401) connection.onSignedOut()
  reject(new ApiError(status, (body as { error: { code: string; message: string } }).error))
}

/** Keeps a file at the hub, not yet belonging to any record. */
export function uploadAttachment(file: File, options: SendFileOptions = {}): Promise<AttachmentRef> {
  return sendFile('POST /api/attachments', { name: file.name }, file, options) as Promise<AttachmentRef>
}
