/** What keeps the hub going: settings, backup, archive. */
import type { Hub, HubApp, HubModule } from '../../platform/module.ts'
import { addBackupRoutes, startBackupJobs } from './backup/backups.routes.ts'
import './permissions.ts'
import './reasons.ts'
import { addSettingsRoutes } from './settings/settings.routes.ts'
export { restoreBackup } from './backup/restore-backup.ts'

export const operationsModule: HubModule = { name: 'operations', routes, start }

function routes(app: HubApp): void {
  addSettingsRoutes(app)
  addBackupRoutes(app)
}

async function start(hub: Hub): Promise<void> {
  await startBackupJobs(hub)
}
