/** Templates of printed documents, for people; modules print with platform/print. */
import { requireProject } from '../../platform/auth/user.ts'
import { route } from '../../platform/http/route.ts'
import type { HubApp, HubModule } from '../../platform/module.ts'
import { printKind } from '../../platform/print/index.ts'
import './permissions.ts'
import { addPicture, listPictures, pictureContent, removePicture } from './pictures.service.ts'
import {
  changeTemplate,
  listKinds,
  listTemplates,
  previewTemplate,
  readTemplate,
} from './printing.service.ts'

const manage = { permission: 'printTemplates.manage' } as const

export const printingModule: HubModule = {
  name: 'printing',
  routes(app) {
    route(app, 'GET /api/print-kinds', manage, async () => listKinds())
    route(app, 'GET /api/print-templates', manage, ({ hub, user, query }) =>
      listTemplates(hub, user, query.projectId ?? null),
    )
    route(app, 'GET /api/print-templates/:kind', manage, ({ hub, user, params, query }) =>
      readTemplate(hub, user, params.kind, {
        ...query,
        projectId: query.projectId ?? null,
      }),
    )
    route(app, 'PUT /api/print-templates/:kind', manage, ({ hub, user, audit, params, body }) =>
      changeTemplate(hub, { user, audit }, params.kind, body),
    )
    route(
      app,
      'POST /api/print-templates/:kind/preview',
      { ...manage, perMinute: 300 },
      async ({ hub, user, params, body, say }) => {
        const { pages, faults } = await previewTemplate(hub, user, params.kind, body)
        return {
          pages,
          issues: faults.map(({ path, reason }) => ({
            path,
            reason: say(reason),
          })),
        }
      },
    )
    addPictureRoutes(app)
    route(app, 'GET /api/print-templates/:kind/records', manage, async ({ hub, user, params, query }) => {
      requireProject(user, query.projectId, manage.permission)
      return printKind(params.kind).records(hub, user, query.projectId, query.q)
    })
  },
}

function addPictureRoutes(app: HubApp): void {
  route(app, 'GET /api/print-pictures', manage, ({ hub, user, query }) =>
    listPictures(hub, user, query.projectId ?? null),
  )
  // Eight megabytes in base64
  const adding = { ...manage, bodyLimit: 12 * 1024 * 1024, perMinute: 30 }
  route(app, 'POST /api/print-pictures', adding, ({ hub, user, audit, body }) =>
    addPicture(hub, { user, audit }, body),
  )
  route(app, 'DELETE /api/print-pictures/:id', manage, async ({ hub, user, audit, params }) => {
    await removePicture(hub, { user, audit }, params.id)
    return { ok: true as const }
  })
  route(app, 'GET /api/print-pictures/:id/content', manage, async ({ hub, user, params, reply }) => {
    const { bytes, mediaType } = await pictureContent(hub, user, params.id)
    // A picture never changes; another one has another id
    reply.header('content-type', mediaType).header('cache-control', 'private, max-age=604800, immutable')
    return bytes
  })
}
