import type { HubModule } from '../platform/module.ts'
import { accountsModule } from './accounts/index.ts'
import { estateModule } from './estate/index.ts'

/** The modules of the hub, in the order in which they start; they stop in reverse. */
export const modules: readonly HubModule[] = [accountsModule, estateModule]
