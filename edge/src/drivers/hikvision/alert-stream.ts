/** One connection to `alertStream`: parts put together to alerts with their pictures. */
import type { IncomingMessage } from 'node:http'
import { boundaryOf, MultipartReader, wholeOf, type StreamPart } from '@courtyard/protocols/isapi'
import { at, parseDocument, type Document } from './document.ts'
import type { IsapiClient } from './isapi-client.ts'

export interface Alert {
  readonly document: Document
  readonly pictures: readonly { readonly name: string; readonly bytes: Uint8Array }[]
}

const PATH = '/ISAPI/Event/notification/alertStream'
const MAX_PART_BYTES = 8 * 1024 * 1024
/** Pictures of an event follow it at once; one that does not come must not hold it back for long. */
const PICTURES_WITHIN_MS = 2_000

export interface StreamOptions {
  readonly client: IsapiClient
  readonly heartbeatMs: number
  readonly onOpen: () => void
  /** Alerts one after the other; a rejection ends the stream. */
  readonly onAlert: (alert: Alert) => Promise<void>
}

/** Resolves with the reason for which the stream ended. @throws AppError when it cannot be opened. */
export async function followAlerts({ client, heartbeatMs, onOpen, onAlert }: StreamOptions): Promise<string> {
  const reply = await client.stream(PATH)
  let reader: MultipartReader
  try {
    reader = new MultipartReader(boundaryOf(reply.headers['content-type'] ?? ''), MAX_PART_BYTES)
  } catch (error) {
    reply.destroy()
    throw error
  }
  onOpen()
  const assembly = new Assembly(onAlert, (error) => reply.destroy(error))
  try {
    for await (const chunk of withHeartbeat(reply, heartbeatMs)) {
      for (const part of reader.push(chunk)) assembly.take(part)
    }
    return 'the device ended the event stream'
  } catch (error) {
    return (error as Error).message
  } finally {
    reply.destroy()
    await assembly.finish()
  }
}

async function* withHeartbeat(reply: IncomingMessage, heartbeatMs: number): AsyncGenerator<Buffer> {
  const silent = () => reply.destroy(new Error(`the event stream was silent for ${heartbeatMs / 1_000} s`))
  let timer = setTimeout(silent, heartbeatMs)
  try {
    for await (const chunk of reply as AsyncIterable<Buffer>) {
      clearTimeout(timer)
      yield chunk
      timer = setTimeout(silent, heartbeatMs)
    }
  } finally {
    clearTimeout(timer)
  }
}

class Assembly {
  private readonly onAlert: (alert: Alert) => Promise<void>
  private readonly fail: (error: Error) => void
  private open: { document: Document; pictures: Alert['pictures'][number][]; wanted: number } | null = null
  private timer: NodeJS.Timeout | null = null
  private queue: Promise<void> = Promise.resolve()

  constructor(onAlert: (alert: Alert) => Promise<void>, fail: (error: Error) => void) {
    this.onAlert = onAlert
    this.fail = fail
  }

  take({ headers, body }: StreamPart): void {
    const type = headers.get('content-type') ?? ''
    if (/^image\//i.test(type) || (body[0] === 0xff && body[1] === 0xd8)) {
      const name = /name="?([^";]+)/i.exec(headers.get('content-disposition') ?? '')?.[1] ?? headers.get('content-id') ?? '' // prettier-ignore
      this.open?.pictures.push({ name, bytes: body })
      if (this.open && this.open.pictures.length >= this.open.wanted) this.release()
      return
    }
    const document = parseDocument(Buffer.from(body).toString('utf8'))
    if (!document) return
    this.release()
    const alert = (document['EventNotificationAlert'] as Document | undefined) ?? document
    const wanted = wholeOf(alert['picNum']) ?? wholeOf(alert['detectionPicturesNumber']) ?? wholeOf(at(alert, 'AccessControllerEvent', 'picturesNumber')) ?? 0 // prettier-ignore
    this.open = { document: alert, pictures: [], wanted }
    if (wanted === 0) this.release()
    else this.timer = setTimeout(() => this.release(), PICTURES_WITHIN_MS)
  }

  /** Resolves when all that came was worked on. */
  async finish(): Promise<void> {
    this.release()
    await this.queue
  }

  private release(): void {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
    const { open } = this
    this.open = null
    if (!open) return
    this.queue = this.queue
      .then(() => this.onAlert(open))
      .catch((error: unknown) => this.fail(error as Error))
  }
}
