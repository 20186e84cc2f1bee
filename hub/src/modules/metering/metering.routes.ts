import { sayImport } from '../../platform/csv.ts'
import { route } from '../../platform/http/route.ts'
import type { HubApp } from '../../platform/module.ts'
import { findWholeProject } from '../estate/index.ts'
import { importPoints } from './point-import.service.ts'
import { batchFor, listPointsFor, pointDetailFor, usageFor } from './points.service.ts'
import { enterRead, readPhotoFor, readsFor } from './reads.service.ts'
import { setVerification } from './verification.service.ts'
import { replaceMeter } from './replacement.service.ts'

const read = { permission: 'metering.read' } as const
const write = { permission: 'metering.write' } as const

export function addMeteringRoutes(app: HubApp): void {
  route(app, 'GET /api/metering-points', read, ({ hub, user, query }) => listPointsFor(hub, user, query))
  route(app, 'GET /api/metering-points/:id', read, ({ hub, user, params }) =>
    pointDetailFor(hub, user, params.id),
  )
  route(app, 'GET /api/metering-points/:id/usage', read, ({ hub, user, params, query }) =>
    usageFor(hub, user, params.id, query),
  )
  route(app, 'GET /api/metering-points/:id/reads', read, ({ hub, user, params, query }) =>
    readsFor(hub, user, params.id, query),
  )
  route(app, 'GET /api/metering-points/:id/read-photo', read, async ({ hub, user, params, query, reply }) => {
    const { bytes, mediaType } = await readPhotoFor(hub, user, params.id, query.at)
    reply.header('cache-control', 'private, max-age=3600')
    return reply.type(mediaType).send(bytes)
  })
  route(app, 'POST /api/metering-points/:id/reads', write, ({ hub, user, params, body, audit }) =>
    enterRead(hub, user, params.id, body, audit),
  )
  route(app, 'POST /api/metering-points/:id/replacement', write, ({ hub, user, params, body, audit }) =>
    replaceMeter(hub, user, params.id, body, audit),
  )
  route(app, 'PUT /api/metering-points/:id/verification', write, ({ hub, user, params, body, audit }) =>
    setVerification(hub, user, params.id, body, audit),
  )
  route(app, 'GET /api/batches/:batchId', read, ({ hub, user, params }) =>
    batchFor(hub, user, params.batchId),
  )
  route(
    app,
    'POST /api/projects/:id/meters/import',
    write,
    async ({ hub, user, params, query, body, audit, say }) => {
      const { id: projectId, timeZone } = await findWholeProject(hub, user, params.id, 'metering.write')
      const input = { projectId, timeZone, text: body, dryRun: query.dryRun, audit }
      return sayImport(await importPoints(hub, input), say)
    },
  )
}
