/** Routes whose answer is a file. */
import type { Readable } from 'node:stream'
import type { RouteContract } from '@courtyard/protocols/contract'
import type { HubApp } from '../module.ts'
import { contentDisposition } from './content-disposition.ts'
import { routeOf, type OpenCall, type RouteOptions } from './route.ts'

export interface FileAnswer {
  readonly stream: Readable | Buffer
  readonly fileName: string
  readonly mediaType: string
  /** When it is known beforehand: the browser shows how far it is, and notices when something is missing. */
  readonly bytes?: number
}

/** `gone` is aborted when the browser goes away before it has everything. */
export function fileRoute(
  app: HubApp,
  key: string,
  contract: RouteContract,
  options: RouteOptions<string>,
  handler: (call: OpenCall, gone: AbortSignal) => Promise<FileAnswer>,
): void {
  routeOf(app, key, contract, options, async (call) => {
    const { request, reply } = call
    const gone = new AbortController()
    reply.raw.once('close', () => {
      if (!reply.raw.writableFinished) gone.abort()
    })
    // Gone while rights were looked up: nobody would be told
    if (reply.raw.destroyed) gone.abort()
    const { stream, fileName, mediaType, bytes } = await handler(call, gone.signal)
    if (!Buffer.isBuffer(stream)) {
      stream.on('error', (error) => {
        if (!gone.signal.aborted) request.log.error({ err: error }, 'file broke off')
      })
      gone.signal.addEventListener('abort', () => stream.destroy())
    }
    reply.header('content-disposition', contentDisposition('attachment', fileName))
    reply.header('cache-control', 'no-store')
    if (bytes !== undefined) reply.header('content-length', bytes)
    return reply.type(mediaType).send(stream)
  })
}
