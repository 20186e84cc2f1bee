import * as z from 'zod'
import { AttachmentRef } from '../resource.ts'
import { idParams, type RouteTable } from './route.ts'

/** Files of records: uploaded first, then named by the record that they belong to. */
export const attachmentsRoutes = {
  'POST /api/attachments': {
    summary:
      'Upload a file; nobody else sees it until a record names it, and without one it is gone after a day',
    query: z.object({ name: z.string().min(1).max(500) }),
    bytes: true,
    response: AttachmentRef,
  },
  'GET /api/attachments/:id/content': {
    summary: 'The file, whole or by ranges; of a picture also smaller ones',
    params: idParams,
    /** Of a picture: within 320 or 1,600 pixels; others come as they are. */
    query: z.object({ size: z.enum(['small', 'medium']).optional() }),
    response: z.any(),
  },
} as const satisfies RouteTable
