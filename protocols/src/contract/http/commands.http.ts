/** Commands to devices: who asked, why, who approved, and what came of it. */
import * as z from 'zod'
import { CommandBody, CommandKind } from '../commands.ts'
import { CatalogueCommand } from '../telemetry.ts'
import { Id, Instant, idParams, type RouteTable } from './route.ts'

/**
 * - `awaitingApproval`: cuts somebody off, so a second person has to agree
 * - `queued`: waits in the hub for its gateway
 * - `sent`: on its way or in the gateway's journal
 * - `acknowledged`, `confirmed`, `failed`, `expired`: as the gateway said
 * - `rejected`, `cancelled`: never sent
 */
export const CommandState = z.enum(['awaitingApproval', 'queued', 'sent', 'acknowledged', 'confirmed', 'failed', 'expired', 'rejected', 'cancelled']) // prettier-ignore
export type CommandState = z.infer<typeof CommandState>

export const DeviceCommandView = z.object({
  id: Id,
  projectId: Id,
  gatewayId: Id,
  gatewayName: z.string(),
  deviceId: Id,
  deviceName: z.string(),
  target: z.string(),
  targetLabel: z.object({ zh: z.string(), en: z.string() }),
  /** Without PINs. Lists show the first 20 people or plates of it. */
  body: CommandBody,
  /** Number of people or plates; null for what is no list. */
  entries: z.number().int().nullable(),
  state: CommandState,
  /** It failed and may yet have been done. */
  uncertain: z.boolean(),
  message: z.string().nullable(),
  reason: z.string(),
  requestedBy: z.string(),
  requestedAt: Instant,
  approvedBy: z.string().nullable(),
  approvedAt: Instant.nullable(),
  sentAt: Instant.nullable(),
  finishedAt: Instant.nullable(),
  expiresAt: Instant,
  /** Each change of state, oldest first. */
  steps: z.array(
    z.object({ at: Instant, state: z.string(), by: z.string().nullable(), message: z.string().nullable() }),
  ),
  /** Whether the reader may approve or reject it now. */
  mayApprove: z.boolean(),
  mayCancel: z.boolean(),
})
export type DeviceCommandView = z.infer<typeof DeviceCommandView>

export const CommandTarget = CatalogueCommand.extend({
  /** Whether the reader has the permission for this kind. */
  allowed: z.boolean(),
})
export type CommandTarget = z.infer<typeof CommandTarget>

export const commandsRoutes = {
  'GET /api/devices/:id/commands': {
    summary: 'What a device can be told to do',
    params: idParams,
    response: z.array(CommandTarget),
  },
  'POST /api/devices/:id/commands': {
    summary: 'Ask a device to do something',
    params: idParams,
    body: z.object({
      /** Made by the caller: pressing twice is one command. */
      id: Id,
      target: z.string().min(1).max(64),
      body: CommandBody,
      reason: z.string().trim().min(2).max(300),
      /** Not begun after this time, it never will be. */
      expiresInSeconds: z.number().int().min(10).max(30 * 86_400).default(300),
    }), // prettier-ignore
    response: DeviceCommandView,
  },
  'GET /api/commands': {
    summary: 'Commands, newest first',
    query: z.object({
      projectId: Id.optional(),
      deviceId: Id.optional(),
      gatewayId: Id.optional(),
      kind: CommandKind.optional(),
      state: CommandState.optional(),
      cursor: z.string().max(200).optional(),
      limit: z.coerce.number().int().min(1).max(200).default(50),
    }),
    response: z.object({ items: z.array(DeviceCommandView), nextCursor: z.string().nullable() }),
  },
  'GET /api/commands/:id': { summary: 'A command', params: idParams, response: DeviceCommandView },
  'POST /api/commands/:id/approve': {
    summary: 'Second approval; not by the person who asked',
    params: idParams,
    response: DeviceCommandView,
  },
  'POST /api/commands/:id/reject': {
    summary: 'Refuse the approval',
    params: idParams,
    body: z.object({ reason: z.string().trim().min(2).max(300) }),
    response: DeviceCommandView,
  },
  'POST /api/commands/:id/cancel': {
    summary: 'Take back a command that was not sent yet',
    params: idParams,
    response: DeviceCommandView,
  },
} as const satisfies RouteTable
