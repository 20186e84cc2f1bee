/** Keys with which programs speak to the hub. */
import * as z from 'zod'
import { Permission, Place } from './platform.http.ts'
import { Done, Id, Instant, idParams, type RouteTable } from './route.ts'

/** Every key begins with it. */
export const API_KEY_START = 'cy_'

export const ApiKeyState = z.enum(['active', 'expired', 'revoked', 'ownerDisabled'])
export type ApiKeyState = z.infer<typeof ApiKeyState>

export const ApiKey = z.object({
  id: Id,
  name: z.string(),
  /** The first characters, by which people and logs name it. */
  prefix: z.string(),
  /** The key can do nothing that this person can't. */
  owner: z.object({ id: Id, displayName: z.string() }),
  permissions: z.array(Permission),
  /** Of these without effect, because the owner has them nowhere in the place. */
  without: z.array(Permission),
  place: Place,
  /** Most requests per minute. */
  perMinute: z.number().int(),
  state: ApiKeyState,
  expiresAt: Instant.nullable(),
  /** Until then the key from before the last exchange is taken too. */
  previousUntil: Instant.nullable(),
  /** To the minute. */
  lastUsedAt: Instant.nullable(),
  lastUsedIp: z.string().nullable(),
  createdAt: Instant,
  version: z.number().int(),
  isMine: z.boolean(),
})
export type ApiKey = z.infer<typeof ApiKey>

/** The only answer that holds the key itself. */
export const ShownApiKey = z.object({ key: ApiKey, secret: z.string() })
export type ShownApiKey = z.infer<typeof ShownApiKey>

const keyFields = {
  name: z.string().trim().min(1).max(60),
  permissions: z.array(Permission).min(1).max(300),
  place: z.discriminatedUnion('all', [
    z.object({ all: z.literal(true) }),
    z.object({
      all: z.literal(false),
      projectIds: z.array(Id).max(500).default([]),
      buildingIds: z.array(Id).max(2_000).default([]),
    }),
  ]),
  perMinute: z.number().int().min(1).max(6_000),
  expiresAt: Instant.nullable(),
}
const versioned = z.object({ version: z.number().int() })

export const apiKeysRoutes = {
  'GET /api/api-keys': {
    summary: 'Keys that are mine, or that I could have made',
    response: z.array(ApiKey),
  },
  'GET /api/api-keys/:id': { summary: 'A key', params: idParams, response: ApiKey },
  'POST /api/api-keys': {
    summary: 'Make a key; its secret is shown in this answer and never again',
    body: z.object({ ...keyFields, perMinute: keyFields.perMinute.default(600) }),
    response: ShownApiKey,
  },
  'PATCH /api/api-keys/:id': {
    summary: 'Change what a key may do',
    params: idParams,
    body: z.object(keyFields).partial().extend({ version: z.number().int() }),
    response: ApiKey,
  },
  'POST /api/api-keys/:id/rotate': {
    summary: 'Exchange the secret; the old one goes on for some hours',
    params: idParams,
    body: versioned.extend({ graceHours: z.number().int().min(0).max(168).default(24) }),
    response: ShownApiKey,
  },
  'POST /api/api-keys/:id/take-over': {
    summary: 'Answer for the key of somebody else from now on',
    params: idParams,
    body: versioned,
    response: ApiKey,
  },
  'POST /api/api-keys/:id/revoke': {
    summary: 'End a key, at once and for good',
    params: idParams,
    response: Done,
  },
  'GET /api/api-key-permissions': {
    summary: 'Permissions that I can give to a key',
    response: z.array(
      z.object({
        group: z.object({ zh: z.string(), en: z.string() }),
        permissions: z.array(
          z.object({ id: Permission, label: z.object({ zh: z.string(), en: z.string() }) }),
        ),
      }),
    ),
  },
} as const satisfies RouteTable
