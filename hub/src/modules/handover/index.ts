/** Handing rooms over, changing owners, fit-out permits. */
import type { HubModule } from '../../platform/module.ts'
import { defectResource, permitResource } from './handover.resource.ts'
import { addHandoverPrintRoutes } from './handover-print.routes.ts'
import { addHandoverRoutes } from './handover.routes.ts'
import './errors.ts'
import './fit-out.subject.ts'
import './household-panel.ts'
import './permissions.ts'
import './reasons.ts'
import './words.ts'

export const handoverModule: HubModule = {
  name: 'handover',
  resources: [defectResource, permitResource],
  routes(app) {
    addHandoverRoutes(app)
    addHandoverPrintRoutes(app)
  },
}
