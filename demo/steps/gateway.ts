import type { HubClient } from '../hub-client.ts'

/**
 * The gateway's id, and a one-time token as long as it has not enrolled. A token that was given before and never
 * used is replaced: only its hash is known to the hub.
 */
export async function ensureGateway(
  hub: HubClient,
  projectId: string,
  name: string,
  hasCredentials: boolean,
): Promise<{ id: string; token: string | null }> {
  const gateways = await hub.call('GET /api/gateways', { query: { projectId } })
  const known = gateways.find((gateway) => gateway.name === name)
  if (!known) {
    const { gateway, token } = await hub.call('POST /api/gateways', { body: { projectId, name } })
    return { id: gateway.id, token }
  }
  if (known.state === 'revoked' || (known.enrolledAt !== null && hasCredentials))
    return { id: known.id, token: null }
  const { token } = await hub.call('POST /api/gateways/:id/token', { params: { id: known.id } })
  return { id: known.id, token }
}
