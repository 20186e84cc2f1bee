import { fetchFile } from './client.ts'

/** Hands a text over as a file; the byte order mark lets spreadsheet programs read Chinese. */
export function downloadText(name: string, text: string, type = 'text/csv;charset=utf-8'): void {
  save(new Blob(['\uFEFF', text], { type }), name)
}

/**
 * Fetches a file that the hub makes and hands it over under the name that the hub gives it: unlike a link it can say
 * why there is none.
 * @throws ApiError, or the browser's AbortError when it is given up
 */
export async function downloadFile(address: string, signal?: AbortSignal): Promise<void> {
  const answer = await fetchFile(address, signal)
  // Its end may be missing when the hub goes down now: the browser then throws
  const file = await answer.blob()
  save(file, nameIn(answer.headers.get('content-disposition')))
}

const nameIn = (disposition: string | null): string =>
  decodeURIComponent(disposition?.split("filename*=UTF-8''")[1] ?? 'file')

function save(file: Blob, name: string): void {
  const url = URL.createObjectURL(file)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
