/** Looking after gateways: health, configuration, requests with an answer, certificates. */
import type { Hub, HubModule, Stop } from '../../platform/module.ts'
import { onArrived, takeMessages } from '../gateways/index.ts'
import { takeCertificateRequest } from './certificates.ts'
import { handDown, startDelivery } from './config-delivery.ts'
import { takeReport, takeSchema } from './config-reports.ts'
import { addFleetRoutes } from './fleet.routes.ts'
import { keepMosquittoFresh } from './mosquitto/keep-fresh.ts'
import './permissions.ts'
import './reasons.ts'
import { requestsOf } from './requests-of.ts'
import { sealAllAnew } from './sealed-config.ts'

export { writeMosquittoFiles } from './mosquitto/mosquitto-files.ts'

/** Starts before the module gateways, which takes the messages in. */
export const fleetModule: HubModule = {
  name: 'fleet',
  routes: addFleetRoutes,
  start,
}

async function start(hub: Hub): Promise<Stop> {
  const requests = requestsOf(hub)
  const stops: (() => unknown)[] = [() => requests.stop()]
  if (hub.roles.has('worker')) {
    const renewed = await sealAllAnew(hub)
    if (renewed > 0) hub.log.info({ renewed }, 'configurations were sealed with the new master key')
  }
  const { mosquittoFiles } = hub.config.mqtt
  if (mosquittoFiles && hub.roles.has('worker')) stops.push(await keepMosquittoFresh(hub, mosquittoFiles))
  if (hub.roles.has('ingest')) {
    stops.push(
      takeMessages(hub, 'schema', (id, json) => takeSchema(hub, id, json)),
      takeMessages(hub, 'config', (id, json) => takeReport(hub, id, json)),
      takeMessages(hub, 'response', (id, json) => requests.takeResponse(id, json)),
      takeMessages(hub, 'certificate', (id, json) => takeCertificateRequest(hub, id, json)),
      onArrived(hub, (id) => handDown(hub, id)),
      startDelivery(hub),
    )
  }
  return async () => {
    for (const stop of stops.reverse()) await stop()
  }
}
