/** `up/certificate`: a gateway asks for its next certificate, over the session that the present one opened. */
import {
  AppError,
  CertificateRequest,
  TELEMETRY_VERSION,
  topics,
  type CertificateMessage,
} from '@courtyard/protocols/contract'
import { auditAsSystem } from '../../platform/audit/audit.ts'
import type { Hub } from '../../platform/module.ts'
import { projectOf } from '../gateways/index.ts'

/**
 * The gateway is whoever the broker says it is. Refusals are answered in words; failures of our own are not, so the
 * gateway asks again.
 * @returns whether it made sense
 */
export async function takeCertificateRequest(hub: Hub, gatewayId: string, json: unknown): Promise<boolean> {
  const { success, data } = CertificateRequest.safeParse(json)
  if (!success) return false
  const projectId = await projectOf(hub.db.pool, gatewayId)
  if (projectId === null) return true
  const { certificate, error } = await issue(hub, gatewayId, projectId, data.csr)
  const ca = hub.security.authority.bundle
  const message: CertificateMessage = { v: TELEMETRY_VERSION, certificate, ca, error }
  await hub.broker.publish(topics.certificateDown(gatewayId), JSON.stringify(message))
  return true
}

async function issue(
  hub: Hub,
  gatewayId: string,
  projectId: string,
  csr: string,
): Promise<{ certificate: string | null; error: string | null }> {
  const refused = (error: string) => ({ certificate: null, error })
  // Without TLS nobody has proved who asks
  if (hub.broker.tlsUrl(null) === null) return refused('this hub does not speak TLS')
  try {
    return await hub.db.transaction(async (client) => {
      if (await hub.security.authority.isGreedy(client, gatewayId)) {
        hub.log.warn({ gatewayId }, 'a gateway asks for too many certificates')
        return refused('too many certificates in a day')
      }
      const { certificate, serial, expiresAt } = await hub.security.authority.issue(client, gatewayId, csr)
      await auditAsSystem(`gateway ${gatewayId}`)(client, {
        action: 'gateway.certificate.issue',
        entity: 'gateway',
        entityId: gatewayId,
        projectId,
        after: { serial, expiresAt },
      })
      return { certificate, error: null }
    })
  } catch (error) {
    if (error instanceof AppError && error.code === 'security.csr_refused') return refused(error.message)
    throw error
  }
}
