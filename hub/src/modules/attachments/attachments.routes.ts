import type { FastifyReply, FastifyRequest } from 'fastify'
import { byteRangeOf } from '../../platform/http/byte-range.ts'
import { contentDisposition } from '../../platform/http/content-disposition.ts'
import { route } from '../../platform/http/route.ts'
import type { Hub, HubApp } from '../../platform/module.ts'
import { contentFor, gone, requireAttacher, upload, type AttachmentContent } from './attachments.service.ts'

/** What may be done with a file depends on its record: the routes ask for a session, the service for the rest. */
const open = { permission: 'signedIn' } as const

export function addAttachmentRoutes(app: HubApp): void {
  // Bytes as they come, whatever type they are said to have: nothing is parsed, nothing lies in memory
  void app.register(async (files) => {
    files.removeAllContentTypeParsers()
    files.addContentTypeParser('*', (_request, body, done) => done(null, body))
    route(files, 'POST /api/attachments', { ...open, perMinute: 120 }, async (call) => {
      const { hub, user, query, body: stream, request, audit } = call
      requireAttacher(user, app.resources)
      const announced = request.headers['content-length']
      const announcedBytes = announced === undefined ? null : Number(announced)
      return upload(hub, user, { name: query.name, stream: stream ?? request.raw, announcedBytes }, audit)
    })
  })
  route(
    app,
    'GET /api/attachments/:id/content',
    open,
    async ({ hub, user, params, query, request, reply }) => {
      const content = await contentFor(hub, user, params.id, query.size)
      return send(hub, content, request, reply)
    },
  )
}

/** Pictures may be shown, they were written anew here; everything else is only saved. */
async function send(
  hub: Hub,
  { name, mediaType, hash, isImage }: AttachmentContent,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const tag = `"${hash.slice(0, 32)}"`
  void reply
    .header('content-disposition', contentDisposition(isImage ? 'inline' : 'attachment', name))
    .header(
      'content-security-policy',
      "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; sandbox",
    )
    .header('cross-origin-resource-policy', 'same-origin')
    // Whether somebody may see it is asked each time; the bytes under a tag never change
    .header('cache-control', 'private, no-cache')
    .header('etag', tag)
    .header('accept-ranges', 'bytes')
  if (request.headers['if-none-match'] === tag) return reply.status(304).send()
  const sizeBytes = await hub.files.sizeOf(hash)
  if (sizeBytes === null) throw gone()
  const asked = request.headers['if-range'] ?? tag
  const range = asked === tag ? byteRangeOf(request.headers.range, sizeBytes) : null
  if (range === 'unsatisfiable') {
    return reply.status(416).header('content-range', `bytes */${sizeBytes}`).send()
  }
  const stream = await hub.files.open(hash, range ?? undefined)
  if (!stream) throw gone()
  if (range) {
    void reply.status(206).header('content-range', `bytes ${range.first}-${range.last}/${sizeBytes}`)
  }
  const length = range ? range.last - range.first + 1 : sizeBytes
  return reply.type(mediaType).header('content-length', length).send(stream)
}
