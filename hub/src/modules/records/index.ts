/** What all resources share: their metadata, saved views, dictionaries, custom fields, imports. */
import type { Hub, HubModule } from '../../platform/module.ts'
import { builtInDictionaries } from '../../platform/resource/dictionary.ts'
import { addCustomFieldRoutes } from './custom-fields.routes.ts'
import { addDictionaryRoutes } from './dictionaries.routes.ts'
import { seedDictionary } from './dictionaries.repository.ts'
import { startImportJobs } from '../../platform/resource/import/import-job.ts'
import { addImportRoutes } from './imports.routes.ts'
import { addRecordsRoutes } from './records.routes.ts'
import './permissions.ts'
import './reasons.ts'

export const recordsModule: HubModule = {
  name: 'records',
  routes(app) {
    addRecordsRoutes(app)
    addDictionaryRoutes(app)
    addCustomFieldRoutes(app)
    addImportRoutes(app)
  },
  async start(hub: Hub) {
    await hub.db.transaction(async (tx) => {
      for (const dictionary of builtInDictionaries()) await seedDictionary(tx, dictionary)
    })
    return startImportJobs(hub)
  },
}
