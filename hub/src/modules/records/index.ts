/** What all resources share: their metadata, saved views, dictionaries, custom fields, imports. */
import type { Hub, HubModule } from '../../platform/module.ts'
import { builtInDictionaries } from '../../platform/resource/dictionary.ts'
import { addCustomFieldRoutes } from './custom-fields.routes.ts'
import { addDictionaryRoutes } from './dictionaries.routes.ts'
import { seedDictionary } from './dictionaries.repository.ts'
import { addRecordsRoutes } from './records.routes.ts'
import './permissions.ts'
import './reasons.ts'

export const recordsModule: HubModule = {
  name: 'records',
  routes(app) {
    addRecordsRoutes(app)
    addDictionaryRoutes(app)
    addCustomFieldRoutes(app)
  },
  async start(hub: Hub) {
    await hub.db.transaction(async (tx) => {
      for (const dictionary of builtInDictionaries()) await seedDictionary(tx, dictionary)
    })
  },
}
