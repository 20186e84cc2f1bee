/** What keeps the hub going: settings, backup, archive. */
import type { Hub, HubApp, HubModule } from '../../platform/module.ts'
import { addArchiveRoutes, startArchiveJobs } from './archive/archives.routes.ts'
import { addBackupRoutes, startBackupJobs } from './backup/backups.routes.ts'
import './permissions.ts'
import './reasons.ts'
import { addSettingsRoutes } from './settings/settings.routes.ts'
export { archiveFolder, listArchiveFiles, readArchive } from './archive/archive-file.ts'
export { restoreArchive } from './archive/archive-work.ts'
export { restoreBackup } from './backup/restore-backup.ts'

export const operationsModule: HubModule = { name: 'operations', routes, start }

function routes(app: HubApp): void {
  addSettingsRoutes(app)
  addBackupRoutes(app)
  addArchiveRoutes(app)
}

async function start(hub: Hub): Promise<void> {
  await startBackupJobs(hub)
  await startArchiveJobs(hub)
}
