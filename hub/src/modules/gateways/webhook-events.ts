import type { PoolClient } from 'pg'
import { emitEvents, registerEvents } from '../../platform/webhooks/index.ts'
import type { TouchedGateway } from './gateways.repository.ts'

const description = { zh: '网关的编号和名称', en: 'Id and name of the gateway' }

registerEvents({ zh: '设备', en: 'Devices' }, [
  {
    type: 'gateway.online',
    label: { zh: '网关上线', en: 'Gateway online' },
    description,
    permission: 'gateways.read',
  },
  {
    type: 'gateway.offline',
    label: { zh: '网关离线', en: 'Gateway offline' },
    description,
    permission: 'gateways.read',
  },
])

/** Tells other systems of gateways that came (`online`) or went with this transaction. */
export async function emitTurned(
  client: PoolClient,
  at: Date,
  online: boolean,
  touched: readonly TouchedGateway[],
): Promise<void> {
  const type = online ? 'gateway.online' : 'gateway.offline'
  const turned = touched.filter((gateway) => gateway.turned)
  await emitEvents(client, at, turned.length > 0 ? [type] : [], () =>
    turned.map(({ id, projectId, name }) => ({ type, projectId, data: { gatewayId: id, name } })),
  )
}
