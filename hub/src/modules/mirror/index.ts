/** Mirror: every committed reading also in a time-series database of the user's own. */
import type { HubModule } from '../../platform/module.ts'
import { followBatchLog } from '../telemetry/index.ts'
import { mirrorFollower, targetOf } from './mirror.ts'

export const mirrorModule: HubModule = {
  name: 'mirror',
  start: async (hub) => {
    const { influx } = hub.config
    if (!influx || !hub.roles.has('worker')) return
    const log = hub.log.child({ module: 'mirror' })
    log.info({ kind: influx.kind, url: influx.url }, 'mirroring readings')
    const follower = followBatchLog({ db: hub.db, log }, mirrorFollower(targetOf(influx)))
    return () => follower.stop()
  },
}
